#include <gtest/gtest.h>

#include "host/gateway/client_address.hpp"

namespace tellina {
namespace {

namespace ip = boost::asio::ip;

ip::network_v6 v4_network(const char* address, int prefix_length) {
  return {ip::make_address_v6(ip::v4_mapped, ip::make_address_v4(address)),
          static_cast<unsigned short>(96 + prefix_length)};
}

const TrustedProxies nobody{{}};
const TrustedProxies proxies{{v4_network("127.0.0.1", 32), v4_network("10.0.0.0", 8), ip::make_network_v6("::1/128"),
                              ip::make_network_v6("fd00::/9")}};

bool is_trusted(const char* address) { return proxies.contains(ip::make_address(address)); }

std::string client_of(std::string_view forwarded_for, const char* peer = "127.0.0.1") {
  return proxies.client_of(ip::make_address(peer), forwarded_for).to_string();
}

TEST(TrustedProxies, AreAddressesAndNetworksOfBothKinds) {
  EXPECT_TRUE(is_trusted("127.0.0.1") && is_trusted("::ffff:127.0.0.1") && is_trusted("::1"));
  EXPECT_TRUE(is_trusted("10.0.0.0") && is_trusted("10.255.255.255") && is_trusted("::ffff:10.1.2.3"));
  EXPECT_TRUE(is_trusted("fd00::1") && is_trusted("fd7f:ffff::"));
  EXPECT_FALSE(is_trusted("127.0.0.2") || is_trusted("::2") || is_trusted("::127.0.0.1"));
  EXPECT_FALSE(is_trusted("9.255.255.255") || is_trusted("11.0.0.0") || is_trusted("fd80::1") || is_trusted("fc00::1"));
  EXPECT_TRUE(TrustedProxies({ip::make_network_v6("fe80::1/128")}).contains(ip::make_address("fe80::1%1")));
}

TEST(TrustedProxies, AreNoneByDefault) {
  EXPECT_FALSE(nobody.contains(ip::make_address("127.0.0.1")) || nobody.contains(ip::make_address("::1")));
}

TEST(TrustedProxies, SpeakForTheClientThatTheyName) {
  EXPECT_EQ(client_of("203.0.113.5"), "203.0.113.5");
  EXPECT_EQ(client_of("203.0.113.5", "::1"), "203.0.113.5");
  EXPECT_EQ(client_of(" \t203.0.113.5\t "), "203.0.113.5");
  EXPECT_EQ(client_of("2001:db8::7"), "2001:db8::7");
}

TEST(TrustedProxies, AreNotFooledByWhatTheClientSentItself) {
  EXPECT_EQ(client_of("192.0.2.1, 203.0.113.5"), "203.0.113.5");
  EXPECT_EQ(client_of("127.0.0.1,203.0.113.5"), "203.0.113.5");
  EXPECT_EQ(client_of("nonsense, \"unknown, 203.0.113.5"), "203.0.113.5");
}

TEST(TrustedProxies, MayBeChained) {
  EXPECT_EQ(client_of("192.0.2.1, 203.0.113.5, 10.0.0.7, fd00::3"), "203.0.113.5");
  EXPECT_EQ(client_of("203.0.113.5,10.0.0.7,[::1]:443,::ffff:10.0.0.8"), "203.0.113.5");
}

TEST(TrustedProxies, AreTheClientIfNoOtherIsNamed) {
  EXPECT_EQ(client_of("10.0.0.9, 10.0.0.7"), "10.0.0.9");
  EXPECT_EQ(client_of("10.0.0.9"), "10.0.0.9");
  for (const char* nothing : {"", " ", ",", " , ,"}) EXPECT_EQ(client_of(nothing), "127.0.0.1") << nothing;
}

TEST(TrustedProxies, MayLeaveEntriesEmpty) { EXPECT_EQ(client_of(", 203.0.113.5,, 10.0.0.7 ,"), "203.0.113.5"); }

TEST(TrustedProxies, MayNameAPort) {
  EXPECT_EQ(client_of("203.0.113.5:4711"), "203.0.113.5");
  EXPECT_EQ(client_of("[2001:db8::7]"), "2001:db8::7");
  EXPECT_EQ(client_of("[2001:db8::7]:4711"), "2001:db8::7");
  EXPECT_EQ(client_of("::ffff:203.0.113.5"), "::ffff:203.0.113.5");
  EXPECT_EQ(client_of("[::ffff:203.0.113.5]:4711"), "::ffff:203.0.113.5");
}

TEST(TrustedProxies, AreTheClientIfTheyNameNoAddress) {
  for (const char* garbage : {"unknown",
                              "_hidden",
                              "localhost",
                              "203.0.113",
                              "203.0.113.256",
                              "203.0.113.5/24",
                              "203.0.113.5:",
                              "203.0.113.5:123456",
                              "203.0.113.5:x",
                              "[2001:db8::7",
                              "2001:db8::7]",
                              "[203.0.113.5]",
                              "[2001:db8::7]x",
                              "[2001:db8::7]:",
                              "fe80::1%eth0",
                              "[fe80::1%1]",
                              "[]",
                              "\"203.0.113.5\"",
                              "for=203.0.113.5",
                              "203.0.113.5 x",
                              "203.0.113.5, 10.0.0.7, unknown",
                              "203.0.113.5, unknown, 10.0.0.7"}) {
    EXPECT_EQ(client_of(garbage), "127.0.0.1") << garbage;
  }
  EXPECT_EQ(client_of(std::string(10'000, ':')), "127.0.0.1");
  EXPECT_EQ(client_of(std::string_view("203.0.113.5\0", 12)), "127.0.0.1");
}

TEST(CameOverHttps, UsesTheBrowsersOwnConnection) {
  EXPECT_TRUE(came_over_https("https") && came_over_https(" HTTPS ") && came_over_https("https, http"));
  EXPECT_FALSE(came_over_https("") || came_over_https("http") || came_over_https("http, https"));
  EXPECT_FALSE(came_over_https("httpsx") || came_over_https("wss"));
}

}  // namespace
}  // namespace tellina
