#pragma once

#include "tellina/bytes.hpp"

namespace tellina {

/// Whether the bytes are well-formed UTF-8 (RFC 3629) without zero bytes.
bool is_plain_text(BytesView bytes);

}  // namespace tellina
