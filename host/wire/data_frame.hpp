#pragma once

/// Binary frames: a stream offset of 8 bytes, big-endian, and terminal bytes.

#include <cstdint>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/wire/protocol.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

/// Writes the offset into the first bytes of a frame that has room for its header.
inline void set_frame_offset(Bytes& frame, std::uint64_t offset) {
  TELLINA_ASSERT(frame.size() >= limits::frame_header);
  for (std::size_t i = 0; i < limits::frame_header; ++i)
    frame[i] = static_cast<char>(offset >> (8 * (limits::frame_header - 1 - i)));
}

/// A complete frame: `bytes` from `offset` of the stream.
inline Bytes data_frame(std::uint64_t offset, BytesView bytes) {
  Bytes frame;
  frame.reserve(limits::frame_header + bytes.size());
  frame.resize(limits::frame_header);
  set_frame_offset(frame, offset);
  return frame.append(bytes);
}

inline bool has_frame_header(BytesView frame) { return frame.size() >= limits::frame_header; }

/// The offset of the frame's first terminal byte. The frame has a header.
inline std::uint64_t frame_offset(BytesView frame) {
  TELLINA_ASSERT(has_frame_header(frame));
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < limits::frame_header; ++i) offset = offset << 8 | static_cast<unsigned char>(frame[i]);
  return offset;
}

/// The terminal bytes of a frame that has a header; a view into it.
inline BytesView frame_bytes(BytesView frame) {
  TELLINA_ASSERT(has_frame_header(frame));
  return frame.substr(limits::frame_header);
}

}  // namespace tellina
