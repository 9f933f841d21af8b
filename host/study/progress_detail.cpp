#include "host/study/progress_detail.hpp"

#include <boost/json.hpp>

#include "host/limits.hpp"
#include "host/text/utf8.hpp"

namespace tellina {
Bytes shortened_line(BytesView line) {
  if (line.size() <= limits::detail_line) return Bytes(line);
  return Bytes(utf8_prefix(line, limits::detail_line)) + "\xe2\x80\xa6";
}

std::string detail_json(const char* key, const std::vector<DetailEntry>& entries) {
  std::string json = "[";
  std::size_t count = 0;
  for (const DetailEntry& entry : entries) {
    boost::json::object object;
    object[key] = replace_invalid_utf8(entry.name);
    object["status"] = entry.status;
    if (!entry.differs.empty()) object["differs"] = boost::json::array(entry.differs.begin(), entry.differs.end());
    const std::string text = boost::json::serialize(object);
    if (count == limits::detail_entries || json.size() + text.size() + 2 > limits::detail) break;
    if (count++ > 0) json += ',';
    json += text;
  }
  return json + "]";
}

}  // namespace tellina
