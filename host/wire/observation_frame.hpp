#pragma once

/// A page's reports about the participant: when keys were pressed, whether the page was visible, how the connection
/// performed. They are recorded as sent, and nothing depends on them.

#include <boost/json/object.hpp>

#include <string>

namespace tellina {

/// An `input_times` or `observation` frame as a row of the event log.
class ObservationFrame {
 public:
  ObservationFrame() = default;
  bool is_input_times = false;
  std::string kind;    ///< of the event: "input_times", or what was observed
  std::string detail;  ///< a JSON object with known fields only; "at" is the page's clock
  std::string stream;  ///< of input_times and pastes; empty if the frame names none
};

/// Throw FrameError.
ObservationFrame parse_input_times(const boost::json::object& frame);
ObservationFrame parse_observation(const boost::json::object& frame);

}  // namespace tellina
