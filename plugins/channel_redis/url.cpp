#include "url.hpp"

#include <charconv>
#include <optional>
#include <string_view>

#include "tellina/text.hpp"

namespace tellina::redis {
namespace {

constexpr int highest_database = 1'000'000;

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

std::optional<int> read_number(std::string_view text, int lowest, int highest) {
  int number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size() || number < lowest || number > highest) return {};
  return number;
}

/// `what` names the part in messages, which do not show the text because it may be a password.
std::string decode(const Config& url, std::string_view text, const char* what) {
  const std::optional<std::string> decoded = percent_decode(text);
  if (!decoded) {
    url.fail(std::string("expected two hexadecimal digits after each '%' of the ") + what +
             ", got something else; a '%' itself is written \"%25\"");
  }
  if (decoded->find('\0') != std::string::npos) {
    url.fail(std::string("expected no NUL in the ") + what + ", got \"%00\"");
  }
  return *decoded;
}

/// Removes `[USER:PASSWORD@]` from the front of the text after "://".
std::string_view take_credentials(const Config& url, std::string_view rest, Address& address) {
  const std::size_t at = rest.rfind('@');
  if (at == std::string_view::npos) return rest;
  const std::string_view credentials = rest.substr(0, at);
  const std::size_t colon = credentials.find(':');
  if (colon == std::string_view::npos) {
    url.fail("expected \":PASSWORD\" or \"USER:PASSWORD\" before the '@', got no ':'");
  }
  address.user = decode(url, credentials.substr(0, colon), "user");
  address.password = decode(url, credentials.substr(colon + 1), "password");
  if (address.password.empty()) url.fail("expected a password between ':' and '@', got none");
  return rest.substr(at + 1);
}

void read_host_and_port(const Config& url, std::string_view text, Address& address) {
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) url.fail("expected \"[IPV6 ADDRESS]\", got no ']'");
    address.host = text.substr(1, end - 1);
    const std::string_view after = text.substr(end + 1);
    has_port = after.starts_with(':');
    if (!after.empty() && !has_port) url.fail("expected \":PORT\" after the ']', got " + quoted(after));
    port = has_port ? after.substr(1) : std::string_view();
  } else {
    const std::size_t colon = text.find(':');
    if (colon != text.rfind(':')) {
      url.fail("expected an IPv6 address in brackets, such as \"[::1]\", got " + quoted(text));
    }
    has_port = colon != std::string_view::npos;
    address.host = text.substr(0, colon);
    if (has_port) port = text.substr(colon + 1);
  }
  if (address.host.empty()) url.fail("expected a host, got none; for this machine write \"redis://127.0.0.1\"");
  if (!has_port) return;
  const std::optional<int> number = read_number(port, 1, 65535);
  if (!number) url.fail("expected a port from 1 to 65535, got " + quoted(port));
  address.port = static_cast<std::uint16_t>(*number);
}

Address read_tcp(const Config& url, std::string_view rest) {
  Address address;
  // A password may contain '/' and '?' only as %2F and %3F; otherwise the parts would be ambiguous.
  rest = take_credentials(url, rest, address);
  if (const std::size_t extra = rest.find_first_of("?#"); extra != std::string_view::npos) {
    url.fail("expected nothing after the database number, got " + quoted(rest.substr(extra)));
  }
  const std::size_t slash = rest.find('/');
  read_host_and_port(url, rest.substr(0, slash), address);
  if (slash == std::string_view::npos || slash + 1 == rest.size()) return address;
  const std::string_view database = rest.substr(slash + 1);
  const std::optional<int> number = read_number(database, 0, highest_database);
  if (!number) url.fail("expected a database number after the host, such as \"/0\", got " + quoted(database));
  address.database = *number;
  return address;
}

Address read_unix(const Config& url, std::string_view rest) {
  Address address;
  rest = take_credentials(url, rest, address);
  if (rest.size() < 2 || rest.front() != '/') {
    url.fail("expected an absolute path, such as \"unix:///run/redis/redis.sock\", got " + quoted(rest));
  }
  address.path = decode(url, rest, "path");
  constexpr std::size_t longest_path = 107;
  if (address.path.size() > longest_path) {
    url.fail("expected a path of at most 107 bytes, the system's limit, got " + std::to_string(address.path.size()));
  }
  return address;
}

}  // namespace

std::string Address::text() const {
  if (!path.empty()) return "unix://" + path;
  const bool bracketed = host.find(':') != std::string::npos;
  return (is_encrypted ? "rediss://" : "redis://") + (bracketed ? "[" + host + "]" : host) + ":" +
         std::to_string(port) + "/" + std::to_string(database);
}

Address read_url(const Config& url) {
  const std::string_view text = url.as_string();
  const std::size_t colon = text.find("://");
  const std::string_view scheme = text.substr(0, colon);
  if (colon != std::string_view::npos) {
    const std::string_view rest = text.substr(colon + 3);
    if (scheme == "redis") return read_tcp(url, rest);
    if (scheme == "unix") return read_unix(url, rest);
    if (scheme == "rediss") {
      Address address = read_tcp(url, rest);
      address.is_encrypted = true;
      return address;
    }
    url.fail("expected \"redis://\", \"rediss://\" or \"unix://\", got " + quoted(std::string(scheme) + "://"));
  }
  // Not shown, because it may contain a password.
  url.fail("expected \"redis://HOST:PORT/DATABASE\" or \"unix:///PATH\", got a text without \"://\"");
}

}  // namespace tellina::redis
