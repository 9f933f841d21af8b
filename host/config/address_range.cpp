#include "host/config/address_range.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace tellina {
namespace {

using Octets = std::array<unsigned char, 16>;

constexpr int ipv6_bits = 128;
constexpr int ipv4_bits = 32;
constexpr int octet_bits = 8;
constexpr std::size_t mapped_octets = (ipv6_bits - ipv4_bits) / octet_bits;  ///< before a mapped IPv4 address

struct Address {
  Octets octets{};
  bool is_v4 = false;
};

std::optional<Address> read_address(const std::string& text) {
  Address address;
  if (text.find('\0') != std::string::npos) return std::nullopt;
  if (inet_pton(AF_INET6, text.c_str(), address.octets.data()) == 1) return address;
  address.is_v4 = true;
  address.octets = {};
  address.octets[mapped_octets - 2] = 0xff;
  address.octets[mapped_octets - 1] = 0xff;
  if (inet_pton(AF_INET, text.c_str(), address.octets.data() + mapped_octets) == 1) return address;
  return std::nullopt;
}

std::string to_text(const Octets& octets, bool is_v4) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const unsigned char* first = octets.data() + (is_v4 ? mapped_octets : 0);
  return inet_ntop(is_v4 ? AF_INET : AF_INET6, first, text.data(), text.size());
}

Octets without_bits_after(Octets octets, int prefix_length) {
  for (int bit = prefix_length; bit < ipv6_bits; ++bit) {
    octets[static_cast<std::size_t>(bit / octet_bits)] &= static_cast<unsigned char>(~(0x80U >> (bit % octet_bits)));
  }
  return octets;
}

/// A whole number without a sign, from 0 to 999.
std::optional<int> read_length(std::string_view digits) {
  constexpr std::size_t most_digits = 3;
  if (digits.empty() || digits.size() > most_digits) return std::nullopt;
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  int length = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), length);
  return length;
}

}  // namespace

AddressRangeText read_address_range(const std::string& text) {
  AddressRangeText result;
  const auto slash = text.find('/');
  const auto address = read_address(text.substr(0, slash));
  if (!address) {
    result.expected = R"(an IP address or a network such as "127.0.0.1", "10.0.0.0/8" or "fd00::/8")";
    return result;
  }
  const int bits = address->is_v4 ? ipv4_bits : ipv6_bits;
  const auto length = slash == std::string::npos ? bits : read_length(std::string_view(text).substr(slash + 1));
  if (!length || *length > bits) {
    result.expected = "a prefix length from 0 to " + std::to_string(bits) + " after \"/\"";
    return result;
  }
  AddressRange range;
  range.prefix_length = ipv6_bits - bits + *length;
  range.first = without_bits_after(address->octets, range.prefix_length);
  if (range.first != address->octets) {
    result.expected = "a network whose bits after the prefix are 0";
    result.suggestion = to_text(range.first, address->is_v4) + "/" + std::to_string(*length);
    return result;
  }
  result.range = range;
  return result;
}

}  // namespace tellina
