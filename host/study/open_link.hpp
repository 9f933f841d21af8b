#pragma once

/// What a link says about the person who follows it.

#include <boost/json/object.hpp>

#include <optional>
#include <string>

#include "host/study/design.hpp"

namespace tellina {

/// Someone who comes through the open link.
class Entrant {
 public:
  Entrant() = default;
  std::string external_id;  ///< printable; at most limits::external_id bytes
  std::string parameters;   ///< the others that the study keeps: a JSON object
};

class EntrantResult {
 public:
  EntrantResult() = default;
  std::optional<Entrant> entrant;
  std::string fault;  ///< if there is none: a sentence for the person, which quotes nothing of the link
};

/// Reads the parameters of a link; drops those that the study does not keep.
EntrantResult read_entrant(const OpenLink& link, const boost::json::object& parameters);

/// Whether nobody new may take part: the link or every group is closed.
bool is_entry_closed(const Design& design);

}  // namespace tellina
