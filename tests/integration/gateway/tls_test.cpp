#include <gmock/gmock.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <unistd.h>

#include <fstream>

#include "gateway/gateway_fixture.hpp"
#include "gateway/raw_client.hpp"
#include "host/runtime/certificate.hpp"
#include "support/certificates.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// OpenSSL's own client, on a blocking socket with a time limit.
class TlsClient {
 public:
  TlsClient(std::uint16_t port, int lowest = TLS1_2_VERSION, int highest = TLS1_3_VERSION,
            const std::string& ciphers = "DEFAULT")
      : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), m_settings(SSL_CTX_new(TLS_client_method())) {
    // Allows the client to offer versions that OpenSSL's defaults forbid, so that only the server can refuse them.
    SSL_CTX_set_security_level(m_settings, 0);
    SSL_CTX_set_min_proto_version(m_settings, lowest);
    SSL_CTX_set_max_proto_version(m_settings, highest);
    SSL_CTX_set_cipher_list(m_settings, ciphers.c_str());
    m_session = SSL_new(m_settings);
    const timeval limit{5, 0};
    ::setsockopt(m_socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(m_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
    SSL_set_fd(m_session, m_socket);
    m_is_open = SSL_connect(m_session) == 1;
    if (!m_is_open)
      m_error =
          ERR_reason_error_string(ERR_peek_last_error()) ? ERR_reason_error_string(ERR_peek_last_error()) : "closed";
    ERR_clear_error();
  }
  ~TlsClient() {
    SSL_free(m_session);
    SSL_CTX_free(m_settings);
    ::close(m_socket);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool is_open() const { return m_is_open; }
  const std::string& error() const { return m_error; }
  std::string version() const { return SSL_get_version(m_session); }
  std::string cipher() const { return SSL_get_cipher_name(m_session); }
  std::string name_of_server() const {
    X509* const certificate = SSL_get1_peer_certificate(m_session);
    char name[100] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    X509_free(certificate);
    return name;
  }
  void send(const std::string& bytes) { SSL_write(m_session, bytes.data(), static_cast<int>(bytes.size())); }
  /// Reads until the text has arrived, or to the end.
  std::string read_until(const std::string& text) {
    while (m_received.find(text) == std::string::npos) {
      char buffer[16384];
      const int count = SSL_read(m_session, buffer, sizeof buffer);
      if (count <= 0) break;
      m_received.append(buffer, static_cast<std::size_t>(count));
    }
    return std::exchange(m_received, {});
  }
  /// Whether the server has sent close_notify.
  bool has_ended() {
    char byte = 0;
    return SSL_read(m_session, &byte, 1) <= 0 && (SSL_get_shutdown(m_session) & SSL_RECEIVED_SHUTDOWN) != 0;
  }
  std::string get(const std::string& path, const std::string& more = "") {
    send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "Connection: close\r\n\r\n");
    return read_until("no text has this");
  }

 private:
  const int m_socket;
  SSL_CTX* const m_settings;
  SSL* m_session = nullptr;
  bool m_is_open = false;
  std::string m_error;
  std::string m_received;
};

class TlsTest : public GatewayTest {
 protected:
  TlsTest() {
    write_certificate(folder, "first");
    install("first");
    config.certificate = (folder / "server.pem").string();
    config.key = (folder / "server.key").string();
  }
  void install(const std::string& name) {
    for (const char* end : {".pem", ".key"}) {
      std::filesystem::copy_file(folder / (name + end), folder / (std::string("server") + end),
                                 std::filesystem::copy_options::overwrite_existing);
    }
  }
  std::string fault() {
    try {
      check_dates(load_certificate(config.certificate, config.key), config.certificate);
      return "none";
    } catch (const CertificateError& error) {
      return (error.is_about_key() ? "key: " : "certificate: ") + std::string(error.what());
    }
  }
};

TEST_F(TlsTest, SpeaksTls12AndNewer) {
  start();
  for (const auto& [version, name] : {std::pair(TLS1_2_VERSION, "TLSv1.2"), std::pair(TLS1_3_VERSION, "TLSv1.3")}) {
    TlsClient client(port, version, version);
    ASSERT_TRUE(client.is_open()) << client.error();
    EXPECT_EQ(client.version(), name);
    EXPECT_EQ(client.name_of_server(), "first");
    const std::string answer = client.get("/healthz");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\n\r\nok\n"));
    EXPECT_THAT(answer, Not(HasSubstr("Strict-Transport-Security")));
  }
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    TlsClient client(port, version, version, "ALL:@SECLEVEL=0");
    EXPECT_FALSE(client.is_open());
    EXPECT_THAT(client.error(), HasSubstr("protocol version"));
  }
  for (const char* ciphers : {"AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "aNULL", "eNULL"}) {
    EXPECT_FALSE(TlsClient(port, TLS1_2_VERSION, TLS1_2_VERSION, std::string(ciphers) + ":@SECLEVEL=0").is_open())
        << ciphers;
  }
}

TEST_F(TlsTest, EndsAConnectionInOrder) {
  start();
  TlsClient client(port);
  client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.read_until("ok\n"), HasSubstr("ok\n"));
  EXPECT_TRUE(client.has_ended());
  TlsClient kept(port);
  for (int i = 0; i < 3; ++i) {
    kept.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(kept.read_until("ok\n"), HasSubstr("200 OK"));
  }
}

TEST_F(TlsTest, SendsStrictTransportSecurityIfConfigured) {
  config.hsts = std::chrono::seconds(3600);
  start();
  EXPECT_THAT(TlsClient(port).get("/healthz"), HasSubstr("\r\nStrict-Transport-Security: max-age=3600\r\n"));
  EXPECT_EQ(RawClient(port).get("/healthz")["strict-transport-security"], "");
}

TEST_F(TlsTest, RedirectsPlainTextToTheSameAddress) {
  config.base_path = "/study";
  start();
  const auto location = [&](const std::string& target, const std::string& host, const std::string& method = "GET") {
    RawClient client(port);
    client.send(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 0\r\n\r\n");
    RawAnswer answer = client.read_answer(method != "HEAD");
    return std::to_string(answer.status) + " " + answer["location"];
  };
  EXPECT_EQ(location("/?access_code=a%20b", "localhost:10411"), "308 https://localhost:10411/?access_code=a%20b");
  EXPECT_EQ(location("/study/?access_code=b", "127.0.0.1"), "308 https://127.0.0.1/study/?access_code=b");
  EXPECT_EQ(location("/api/v1/login", "localhost", "POST"), "308 https://localhost/api/v1/login");
  EXPECT_EQ(location("/metrics", "localhost", "HEAD"), "308 https://localhost/metrics");
  EXPECT_EQ(location("http://localhost:1/a?b", "x"), "308 https://localhost:1/a?b");
  EXPECT_EQ(location("http://localhost?b", "x"), "308 https://localhost/?b");
  EXPECT_EQ(location("/", "evil.example"), "421 ");
  EXPECT_EQ(location("/\xff", "localhost"), "400 ");
  RawClient old(port);
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.read_answer().status, 400);
}

TEST_F(TlsTest, MakesCookiesSecure) {
  start();
  TlsClient client(port);
  const std::string body = R"({"access_code": "bob"})";
  client.send("POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  const std::string answer = client.read_until(R"({"participant":"7"})");
  EXPECT_THAT(answer,
              HasSubstr("tellina_session=token-bob; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000; Secure\r\n"));
  EXPECT_EQ(worker->logins_tried, 1);
}

/// A binary frame from a client, at offset 0 of its stream, with a mask of zeros.
std::string masked_frame(const std::string& text) {
  const std::string payload = std::string(8, '\0') + text;
  return std::string("\x82") + static_cast<char>(0x80 | payload.size()) + std::string(4, '\0') + payload;
}

TEST_F(TlsTest, KeepsAWebSocketWhileTheCertificateChanges) {
  start();
  TlsClient terminal(port);
  terminal.send(
      "GET /api/v1/terminal HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
      "Sec-WebSocket-Protocol: tellina.v1\r\nCookie: tellina_session=token-bob\r\n\r\n");
  EXPECT_THAT(terminal.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 101 "));
  worker->connection();
  const auto types = [&](const std::string& text) {
    terminal.send(masked_frame(text));
    EXPECT_THAT(terminal.read_until(text), HasSubstr(text));
  };
  types("before");
  EXPECT_EQ(TlsClient(port).name_of_server(), "first");

  write_certificate(folder, "second");
  install("second");
  gateway->reload_certificate();
  EXPECT_EQ(TlsClient(port).name_of_server(), "second");
  types("after");

  std::ofstream(config.certificate) << "nonsense";
  EXPECT_THROW(gateway->reload_certificate(), CertificateError);
  EXPECT_EQ(TlsClient(port).name_of_server(), "second");
  types("still");
  // Much output at once, through records of TLS that no longer fit a read.
  types(std::string(100, 'x'));
}

TEST_F(TlsTest, SurvivesClientsThatSpeakNoTls) {
  config.limits.header_timeout = std::chrono::milliseconds(300);
  start();
  const std::string hello("\x16\x03\x01\x00\x05hello", 10);
  for (const std::string& bytes :
       {hello, hello.substr(0, 1), std::string("\x16\x03\x01\xff\xff") + std::string(20'000, 'x'),
        std::string("\x16\x03\x00\x00\x00", 5)}) {
    RawClient client(port);
    client.send(bytes);
    EXPECT_TRUE(client.is_closed());
  }
  EXPECT_THAT(TlsClient(port).get("/healthz"), HasSubstr("200 OK"));
}

TEST_F(TlsTest, WarnsOfAKeyThatOthersCanRead) {
  const auto allow = [&](mode_t mode) { ASSERT_EQ(::chmod(config.key.c_str(), mode), 0); };
  const std::string warning = "other users can read the private key in " + config.key;
  for (const mode_t good : {0600, 0640, 0400}) {
    allow(good);
    EXPECT_EQ(find_exposure(config.key), "");
  }
  start();
  EXPECT_THAT(log.text(), Not(HasSubstr("private key")));
  allow(0644);
  gateway->reload_certificate();
  EXPECT_THAT(log.text(), HasSubstr(warning));
  stop();
  allow(0660);
  start();
  EXPECT_THAT(log.text(), HasSubstr("other users can change the private key in " + config.key));
  EXPECT_THAT(TlsClient(port).get("/healthz"), HasSubstr("200 OK"));
}

TEST_F(TlsTest, NamesTheFileThatCannotBeUsed) {
  EXPECT_EQ(fault(), "none");
  const std::string certificate = config.certificate;
  const std::string key = config.key;
  config.certificate = (folder / "nothing.pem").string();
  EXPECT_EQ(fault(), "certificate: cannot read " + config.certificate + ": No such file or directory");
  config.certificate = certificate;
  config.key = (folder / "nothing.key").string();
  EXPECT_EQ(fault(), "key: cannot read " + config.key + ": No such file or directory");
  config.key = certificate;
  EXPECT_THAT(fault(), StartsWith("key: expected a private key as PEM text, without a passphrase, in " + certificate));
  EXPECT_THROW(start(), CertificateError);
  config.key = key;
  config.certificate = key;
  EXPECT_THAT(fault(), StartsWith("certificate: expected a certificate as PEM text, with its chain in " + key));
  config.certificate = certificate;
  write_certificate(folder, "other");
  config.key = (folder / "other.key").string();
  EXPECT_THAT(fault(),
              StartsWith("key: expected the private key of the certificate in " + certificate + " in " + config.key));
  config.key = key;
  write_certificate(folder, "old", std::chrono::hours(-48), std::chrono::hours(-24));
  install("old");
  EXPECT_THAT(fault(), StartsWith("certificate: the certificate in " + certificate + " expired at "));
  start();
  EXPECT_THAT(log.text(),
              HasSubstr("browsers will warn about this server: the certificate in " + certificate + " expired at"));
  EXPECT_THAT(TlsClient(port).get("/healthz"), HasSubstr("200 OK")) << "the study continues";
  EXPECT_THROW(gateway->reload_certificate(), CertificateError);
  stop();
  write_certificate(folder, "early", std::chrono::hours(24), std::chrono::hours(48));
  install("early");
  EXPECT_THAT(fault(), StartsWith("certificate: the certificate in " + certificate + " is not valid before "));
}

}  // namespace
}  // namespace tellina::testing
