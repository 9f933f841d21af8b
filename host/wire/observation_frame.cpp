#include "host/wire/observation_frame.hpp"

#include <boost/json.hpp>

#include <cstdio>

#include "host/limits.hpp"
#include "host/wire/frame_fields.hpp"
#include "host/wire/protocol.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

/// Browsers report nothing finer than microseconds. Written without an exponent, because not every JSON reader accepts
/// one.
std::string decimal(double milliseconds) {
  char text[40];
  std::snprintf(text, sizeof text, "%.3f", milliseconds);
  return text;
}

/// Collects the members of an event's detail.
class Detail {
 public:
  Detail& add(const char* name, const std::string& json_text) {
    m_text += (m_text.empty() ? "{\"" : ",\"") + std::string(name) + "\":" + json_text;
    return *this;
  }
  std::string text() const { return m_text + "}"; }

 private:
  std::string m_text;
};

std::string bool_text(const json::object& frame, const char* name) {
  return bool_field(frame, name) ? "true" : "false";
}

}  // namespace

ObservationFrame parse_input_times(const json::object& frame) {
  ObservationFrame parsed;
  parsed.is_input_times = true;
  parsed.kind = "input_times";
  parsed.stream = text_field(frame, "stream", limits::observation_stream_name);
  const json::value* times = frame.if_contains("times");
  const json::array* entries = times ? times->if_array() : nullptr;
  if (!entries || entries->empty() || entries->size() > limits::observation_times) {
    throw FrameError("times: expected a list of 1 to 256 entries [offset, milliseconds], got " +
                     (entries ? std::to_string(entries->size()) + " entries"
                      : times ? describe(*times)
                              : "nothing"));
  }
  std::string list;
  std::uint64_t lowest = 0;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const std::string name = "times[" + std::to_string(i) + "]";
    const json::array* entry = (*entries)[i].if_array();
    if (!entry || entry->size() != 2) {
      throw FrameError(name + ": expected [offset, milliseconds], got " + describe((*entries)[i]));
    }
    // In ascending order, because each entry shows where the previous one ends.
    const std::uint64_t offset = to_whole_number(&(*entry)[0], name + "[0]", lowest, limits::stream_offset);
    lowest = offset + 1;
    list += (list.empty() ? "[" : ",[") + std::to_string(offset) + "," +
            decimal(to_milliseconds(&(*entry)[1], name + "[1]")) + "]";
  }
  parsed.detail =
      Detail().add("stream", json::serialize(json::string(parsed.stream))).add("times", "[" + list + "]").text();
  return parsed;
}

ObservationFrame parse_observation(const json::object& frame) {
  ObservationFrame parsed;
  const json::value* kind = frame.if_contains("kind");
  if (kind && kind->is_string()) parsed.kind = json::value_to<std::string>(*kind);
  Detail detail;
  detail.add("at", decimal(milliseconds_field(frame, "at")));
  if (parsed.kind == "visibility") {
    detail.add("visible", bool_text(frame, "visible"));
  } else if (parsed.kind == "focus") {
    detail.add("focused", bool_text(frame, "focused"));
  } else if (parsed.kind == "paste" || parsed.kind == "paste_stopped") {
    // A page that does not name the stream means the running task's.
    if (frame.contains("stream")) {
      parsed.stream = text_field(frame, "stream", limits::observation_stream_name);
      detail.add("stream", json::serialize(json::string(parsed.stream)));
    }
    detail.add("input_offset", std::to_string(number_field(frame, "input_offset", 0, limits::stream_offset)));
    detail.add("bytes", std::to_string(number_field(frame, "bytes", 0, limits::stream_offset)));
    if (frame.contains("replaced")) {
      detail.add("replaced", std::to_string(number_field(frame, "replaced", 0, limits::stream_offset)));
    }
  } else if (parsed.kind == "round_trip") {
    detail.add("milliseconds", decimal(milliseconds_field(frame, "milliseconds")));
  } else if (parsed.kind == "disconnected") {
    detail.add("reason", json::serialize(json::string(text_field(frame, "reason", limits::observation_reason))));
    detail.add("milliseconds", decimal(milliseconds_field(frame, "milliseconds")));
  } else if (parsed.kind == "link_opened") {
    detail.add("url", json::serialize(json::string(text_field(frame, "url", limits::observed_url))));
  } else {
    throw FrameError(
        "kind: expected visibility, focus, paste, paste_stopped, round_trip, disconnected or link_opened, got " +
        (kind ? describe(*kind) : "nothing"));
  }
  parsed.detail = detail.text();
  return parsed;
}

}  // namespace tellina
