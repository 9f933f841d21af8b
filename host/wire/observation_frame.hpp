#pragma once

/// What a page reports about the person in front of it: when keys were pressed, whether the page was looked at, how the
/// connection felt. It goes into the record as it was said; nothing of it decides anything.

#include <boost/json/object.hpp>

#include <string>

namespace tellina {

/// An `input_times` or `observation` frame as a row of the event log.
class ObservationFrame {
 public:
  ObservationFrame() = default;
  bool is_input_times = false;
  std::string kind;    ///< of the event: "input_times", or what was observed
  std::string detail;  ///< a JSON object, of known fields only; "at" is the page's clock
  std::string stream;  ///< of input_times, and of pastes; empty where the frame names none
};

/// Throw FrameError.
ObservationFrame parse_input_times(const boost::json::object& frame);
ObservationFrame parse_observation(const boost::json::object& frame);

}  // namespace tellina
