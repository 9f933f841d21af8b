#include "host/client/http.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <thread>

#include "host/runtime/system.hpp"

namespace tellina::client {
namespace {

TEST(ParseUrl, ReadsHostAndPort) {
  EXPECT_EQ(parse_url("http://127.0.0.1:10411/x?y")->text(), "127.0.0.1:10411");
  EXPECT_EQ(parse_url("http://example.org")->text(), "example.org:80");
  EXPECT_FALSE(parse_url("http://example.org")->tls);
  EXPECT_EQ(parse_url("https://example.org/")->text(), "example.org:443");
  EXPECT_TRUE(parse_url("https://example.org")->tls);
  for (const char* url : {"", "127.0.0.1:80", "https://", "ftp://a:1", "http://", "http://:80", "http://a:0",
                          "http://a:65536", "http://a:8x", "http://a:"}) {
    EXPECT_FALSE(parse_url(url)) << url;
  }
}

TEST(WaitLimit, EndsAtTheDeadlineAndAtAStopRequest) {
  const SystemClock clock;
  const Descriptor never(::eventfd(0, EFD_CLOEXEC));
  const WaitLimit short_one(clock, std::chrono::milliseconds(5));
  try {
    short_one.wait(never.get(), POLLIN, "a thing");
    ADD_FAILURE() << "it did not end";
  } catch (const ClientFailure& failure) {
    EXPECT_STREQ(failure.what(), "a thing: timed out");
  }
  std::stop_source source;
  const WaitLimit long_one(clock, std::chrono::hours(1), source.get_token());
  const std::jthread other([&source] { source.request_stop(); });
  EXPECT_THROW(long_one.wait(never.get(), POLLIN, "a thing"), ClientFailure);
  const Descriptor ready(::eventfd(1, EFD_CLOEXEC));
  const WaitLimit enough(clock, std::chrono::hours(1));
  EXPECT_NO_THROW(enough.wait(ready.get(), POLLIN, "a thing"));
}

TEST(ConnectTo, NamesAnAddressWhereNobodyListens) {
  try {
    connect_to(Endpoint("127.0.0.1", 1));
    ADD_FAILURE() << "it connected";
  } catch (const ClientFailure& failure) {
    EXPECT_NE(std::string(failure.what()).find("127.0.0.1:1"), std::string::npos) << failure.what();
  }
}

}  // namespace
}  // namespace tellina::client
