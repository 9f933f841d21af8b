#include "host/client/web_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "host/runtime/assertion.hpp"

namespace tellina::client {
namespace {

constexpr unsigned last_frame = 0x80;
enum Opcode : unsigned { continuation = 0, text = 1, binary = 2, closing = 8, ping = 9, pong = 10 };

/// The mask is constant: random masks only protect proxies from scripts in pages, and this client runs no scripts.
constexpr std::array<char, 4> mask{'\x5a', '\x17', '\xc3', '\x99'};

std::array<char, 4> rotated_mask(std::size_t by) {
  return {mask[by % 4], mask[(by + 1) % 4], mask[(by + 2) % 4], mask[(by + 3) % 4]};
}

/// Appends `bytes`, masked from position `from` on.
void append_masked(std::string& out, std::string_view bytes, std::size_t from) {
  const std::size_t begin = out.size();
  out.append(bytes);
  char* const data = out.data() + begin;
  const std::array<char, 4> small = rotated_mask(from);
  std::uint64_t wide = 0;
  std::memcpy(&wide, small.data(), 4);
  wide |= wide << 32;
  std::size_t i = 0;
  for (; i + sizeof wide <= bytes.size(); i += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + i, sizeof word);
    word ^= wide;
    std::memcpy(data + i, &word, sizeof word);
  }
  for (; i < bytes.size(); ++i) data[i] = static_cast<char>(data[i] ^ small[i % 4]);
}

}  // namespace

WebSocket::WebSocket(const Endpoint& endpoint, const std::string& path, const std::string& headers,
                     const WaitLimit& limit)
    : m_connection(endpoint, limit) {
  m_connection.send_all("GET " + path + " HTTP/1.1\r\nHost: " + endpoint.text() +
                        "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                        headers + "\r\n");
  std::size_t end = std::string::npos;
  while ((end = m_rest.find("\r\n\r\n")) == std::string::npos && m_connection.receive_more(m_rest, limit)) {
  }
  // The accept value from RFC 6455, section 1.3, for the key above.
  if (end == std::string::npos || !m_rest.starts_with("HTTP/1.1 101") ||
      m_rest.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos) {
    throw ClientFailure("the server at " + endpoint.text() +
                        " refused a WebSocket: " + m_rest.substr(0, m_rest.find('\r')));
  }
  m_rest.erase(0, end + 4);
  m_connection.stop_blocking();
  m_is_secure = endpoint.tls != nullptr;
}

void WebSocket::send(unsigned opcode, std::string_view head, std::string_view body) {
  queue(opcode, head, body);
  flush();
}

void WebSocket::queue(unsigned opcode, std::string_view head, std::string_view body) {
  const std::size_t size = head.size() + body.size();
  m_unsent += static_cast<char>(last_frame | opcode);
  const auto put = [this](std::size_t number, int bytes) {
    while (bytes-- > 0) m_unsent += static_cast<char>(number >> (8 * bytes));
  };
  if (size < 126) {
    put(0x80U | size, 1);
  } else if (size < 65536) {
    put(0x80U | 126U, 1);
    put(size, 2);
  } else {
    put(0x80U | 127U, 1);
    put(size, 8);
  }
  m_unsent.append(mask.data(), mask.size());
  append_masked(m_unsent, head, 0);
  append_masked(m_unsent, body, head.size());
}

void WebSocket::flush() {
  while (has_unsent()) {
    const ssize_t sent = m_connection.send(m_unsent.data() + m_unsent_from, unsent());
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) throw ConnectionLost("the server closed a connection: " + std::string(std::strerror(errno)));
    m_unsent_from += static_cast<std::size_t>(sent);
    TELLINA_ASSERT(m_unsent_from <= m_unsent.size());
  }
  m_unsent.clear();
  m_unsent_from = 0;
}

bool WebSocket::receive(Listener& listener, std::size_t limit) {
  TELLINA_ASSERT(limit > 0);  // recv() of nothing looks like the end of the connection
  static thread_local std::vector<char> piece(limits::client_read);
  const ssize_t got = m_connection.receive(piece.data(), m_is_secure ? piece.size() : std::min(limit, piece.size()));
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (got <= 0) return false;
  const std::string_view fresh(piece.data(), static_cast<std::size_t>(got));
  if (m_rest.empty()) {
    m_rest.assign(fresh.substr(take_frames(fresh, listener)));
  } else {
    m_rest.append(fresh);
    m_rest.erase(0, take_frames(m_rest, listener));
  }
  return true;
}

std::size_t WebSocket::take_frames(std::string_view bytes, Listener& listener) {
  std::size_t taken = 0;
  for (;;) {
    const std::string_view rest = bytes.substr(taken);
    if (rest.size() < 2) return taken;
    const auto byte = [rest](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(rest[i])); };
    std::size_t size = byte(1) & 0x7fU;
    const std::size_t size_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (rest.size() < 2 + size_bytes) return taken;
    if (size_bytes > 0) size = 0;
    for (std::size_t i = 0; i < size_bytes; ++i) size = size << 8 | byte(2 + i);
    if (rest.size() - 2 - size_bytes < size) return taken;
    taken += 2 + size_bytes + size;
    TELLINA_ASSERT(taken <= bytes.size());
    take_frame(byte(0), rest.substr(2 + size_bytes, size), listener);
  }
}

void WebSocket::take_frame(unsigned head, std::string_view payload, Listener& listener) {
  const unsigned opcode = head & 0x0fU;
  const bool is_last = (head & last_frame) != 0;
  if (opcode == ping) return send(pong, {}, payload);
  if (opcode == closing) {
    const auto byte = [payload](std::size_t i) { return static_cast<unsigned char>(payload[i]); };
    m_close_code = payload.size() < 2 ? 1005 : byte(0) * 256 + byte(1);
    m_close_reason = payload.substr(std::min<std::size_t>(2, payload.size()));
    return queue(closing, {}, payload.substr(0, std::min<std::size_t>(2, payload.size())));
  }
  if (opcode > binary) return;
  if (opcode != continuation) m_fragments_are_text = opcode == text;
  if (!is_last || opcode == continuation) {
    m_fragments.append(payload);
    if (!is_last) return;
  }
  const bool is_whole = opcode != continuation;
  TELLINA_ASSERT(is_last);  // parts of a message wait for the rest
  const std::string_view message = is_whole ? payload : std::string_view(m_fragments);
  if (m_fragments_are_text)
    listener.on_text(message);
  else
    listener.on_binary(message);
  if (!is_whole) m_fragments.clear();
}

}  // namespace tellina::client
