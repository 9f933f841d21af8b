#include "redis_fixture.hpp"
#include "support/certificates.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

class RedisTlsTest : public RedisLayerTest {
 protected:
  RedisTlsTest() {
    RedisOptions options;
    options.has_tls = true;
    m_server = std::make_unique<RedisServer>(options);
  }
  Section section(const std::string& host, std::uint16_t port, const std::string& ca_file) {
    Section made;
    made.text("url", "rediss://:of-the-tests@" + host + ":" + std::to_string(port));
    if (!ca_file.empty()) made.text("ca_file", ca_file);
    return made;
  }
  std::string log_of_refusal(const Section& made) {
    const auto layer = make(made);
    const auto subscription = layer->receive(m_channel, [](const Message&) {});
    EXPECT_TRUE(eventually(10s, [&] { return has_logged("TLS: "); })) << whole_log();
    return whole_log();
  }
};

TEST_F(RedisTlsTest, CarriesMessagesOfEverySize) {
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto layer = make(section(host, server().tls_port(), server().certificate_file()));
    Receipts receipts;
    const auto subscription = layer->receive(m_channel, receipts.receiver());
    Sequence next = 0;
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{16'383}, std::size_t{100'000}, max_body_size}) {
      const Bytes body(size, static_cast<char>('a' + next));
      const Message message(MessageKind::data, "c", next++, body);
      ASSERT_TRUE(send_surely(*layer, m_channel, message)) << size;
      ASSERT_TRUE(receipts.wait_for(next)) << size << whole_log();
      EXPECT_EQ(receipts.messages().back().body, body) << size;
    }
    // Many small messages at once, so that TLS records begin and end inside replies.
    for (int i = 0; i < 2000; ++i) ASSERT_TRUE(send_surely(*layer, m_channel, numbered(next++)));
    ASSERT_TRUE(receipts.wait_for(next)) << whole_log();
    EXPECT_EQ(receipts.disorders(), 0U);
    EXPECT_EQ(receipts.doubles(), 0U);
  }
}

TEST_F(RedisTlsTest, ContinuesWhenTheServerIsBack) {
  const auto layer = make(section("localhost", server().tls_port(), server().certificate_file()));
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  ASSERT_TRUE(send_surely(*layer, m_channel, numbered(0)));
  ASSERT_TRUE(receipts.wait_for(1)) << whole_log();
  server().kill();
  server().start();
  EXPECT_TRUE(eventually(10s, [&] {
    send_surely(*layer, m_channel, numbered(1));
    return receipts.count() > 1;
  })) << whole_log();
}

TEST_F(RedisTlsTest, RefusesACertificateThatItDoesNotKnow) {
  EXPECT_THAT(log_of_refusal(section("localhost", server().tls_port(), "")),
              HasSubstr("TLS: the server's certificate is not accepted: self-signed certificate; name its authority in "
                        "\"ca_file\""));
}

TEST_F(RedisTlsTest, RefusesACertificateOfAnotherHost) {
  // The resolver returns 127.0.0.1 for this name, but the certificate does not contain it.
  EXPECT_THAT(log_of_refusal(section("127.1", server().tls_port(), server().certificate_file())),
              HasSubstr("TLS: the server's certificate is not accepted: hostname mismatch"));
}

TEST_F(RedisTlsTest, SaysThatAServerSpeaksNoTls) {
  EXPECT_THAT(log_of_refusal(section("localhost", server().port(), server().certificate_file())),
              HasSubstr("the server at that port may not speak TLS"));
}

}  // namespace
}  // namespace tellina::testing
