#include "host/study/progress_detail.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace tellina {
namespace {

constexpr std::size_t max_detail_size = 32 * 1024;

/// Length of the well-formed UTF-8 sequence that `bytes` starts with, 0 where it starts with none
/// (The Unicode Standard, table 3-7).
std::size_t sequence_length(BytesView bytes) {
  const auto at = [bytes](std::size_t index) { return static_cast<unsigned char>(bytes[index]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
  }
  if (length == 0 || bytes.size() < length || at(1) < low || at(1) > high) return 0;
  for (std::size_t index = 2; index < length; ++index) {
    if (at(index) < 0x80 || at(index) > 0xbf) return 0;
  }
  return length;
}

}  // namespace

std::string to_utf8(BytesView bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = sequence_length(bytes);
    if (length == 0) {
      text += "\xef\xbf\xbd";
    } else {
      text += bytes.substr(0, length);
    }
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text;
}

std::string detail_json(const char* key, const std::vector<DetailEntry>& entries) {
  std::string json = "[";
  std::size_t count = 0;
  for (const DetailEntry& entry : entries) {
    boost::json::object object;
    object[key] = to_utf8(entry.name);
    object["status"] = entry.status;
    if (!entry.differs.empty()) object["differs"] = boost::json::array(entry.differs.begin(), entry.differs.end());
    const std::string text = boost::json::serialize(object);
    if (count == max_detail_entries || json.size() + text.size() + 2 > max_detail_size) break;
    if (count++ > 0) json += ',';
    json += text;
  }
  return json + "]";
}

}  // namespace tellina
