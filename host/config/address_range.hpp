#pragma once

/// An address or a network, as a configuration writes it.

#include <array>
#include <optional>
#include <string>

namespace tellina {

/// All addresses that begin with the same bits. IPv4 is mapped into IPv6: 10.0.0.0/8 is ::ffff:10.0.0.0/104.
struct AddressRange {
  bool operator==(const AddressRange&) const = default;

  std::array<unsigned char, 16> first{};  ///< the bits after the prefix are 0
  int prefix_length = 128;                ///< in bits
};

/// What a text says, or what is wrong with it.
struct AddressRangeText {
  std::optional<AddressRange> range;
  std::string expected;    ///< if there is no range
  std::string suggestion;  ///< if there is no range: a text that the author may have meant, or empty
};

/// Reads "10.0.0.1", "10.0.0.0/8", "::1" or "fd00::/8". No names, no scopes, and no bits after the prefix.
AddressRangeText read_address_range(const std::string& text);

}  // namespace tellina
