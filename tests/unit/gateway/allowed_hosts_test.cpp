#include "host/gateway/allowed_hosts.hpp"

#include <gtest/gtest.h>

namespace tellina {
namespace {

TEST(AllowedHosts, AreByDefaultNamesThatNoOtherSiteCanHave) {
  const AllowedHosts hosts({"lab7", "Lab7.CS.example.edu."}, "study.example.org:8443", false);
  for (const char* host : {"localhost", "LOCALHOST:10411", "a.localhost", "127.0.0.1", "127.0.0.1:10411", "[::1]:80",
                           "10.1.2.3:10411", "[2001:db8::1]", "2001", "lab7.cs.example.edu", "workstation:10411",
                           "study.example.org", "study.example.org:80", "study.example.org.", "LAB7:1"}) {
    EXPECT_TRUE(hosts.contains(host)) << host;
  }
  for (const char* host : {"",
                           ":80",
                           "evil.example",
                           "evil.example:10411",
                           "localhost.evil.example",
                           "10.1.2.3.evil.example",
                           "study.example.org.evil.example",
                           "xstudy.example.org",
                           "lab7.evil.example",
                           "lab7/evil",
                           "a b",
                           "[::1",
                           "[::1]x",
                           "localhost:80x",
                           "localhost:80:80",
                           "user@localhost",
                           "example.org",
                           "evil.example\xff",
                           "1.2.3.4.5",
                           "0x7f.1",
                           "[localhost.evil]",
                           "."}) {
    EXPECT_FALSE(hosts.contains(host)) << host;
  }
}

TEST(AllowedHosts, AreOnlyTheListedOnesIfThereIsAList) {
  const AllowedHosts hosts({"study.example.org", "*.lab.example.org", "10.0.0.5", "[2001:db8::1]"}, "", true);
  for (const char* host : {"study.example.org:1", "a.lab.example.org", "a.b.lab.example.org", "10.0.0.5:10411",
                           "[2001:db8::1]:10411", "localhost", "127.0.0.1:10411"}) {
    EXPECT_TRUE(hosts.contains(host)) << host;
  }
  for (const char* host : {"lab.example.org", "xlab.example.org", "10.0.0.6", "workstation", "[2001:db8::2]"}) {
    EXPECT_FALSE(hosts.contains(host)) << host;
  }
  const AllowedHosts all({"*"}, "", true);
  EXPECT_TRUE(all.contains("evil.example:80"));
  EXPECT_FALSE(all.contains("a b"));
}

}  // namespace
}  // namespace tellina
