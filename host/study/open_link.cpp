#include "host/study/open_link.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include "host/limits.hpp"
#include "host/study/record_match.hpp"
#include "host/text/utf8.hpp"

namespace tellina {
namespace {

constexpr const char* advice = " Please open the study with the link from your invitation.";

/// Nothing unless it is a printable text of at most `size` bytes.
std::optional<std::string> text_of(const boost::json::value& value, std::size_t size) {
  if (!value.is_string() || value.get_string().size() > size) return std::nullopt;
  std::string text = boost::json::value_to<std::string>(value);
  if (!is_printable(text)) return std::nullopt;
  return text;
}

EntrantResult refusal(const std::string& fault) {
  EntrantResult result;
  result.fault = fault + advice;
  return result;
}

}  // namespace

EntrantResult read_entrant(const OpenLink& link, const boost::json::object& parameters) {
  const std::string quoted = "\"" + link.id_parameter + "\"";
  const boost::json::value* given = parameters.if_contains(link.id_parameter);
  if (!given || (given->is_string() && given->get_string().empty())) {
    return refusal("The link says nothing about who you are: it has no " + quoted + ".");
  }
  const auto id = text_of(*given, limits::external_id);
  if (!id || (!link.id_pattern.empty() && !matches_whole(link.id_pattern, *id))) {
    return refusal("The link has a " + quoted + " of a form that this study does not use.");
  }
  boost::json::object kept;
  for (const std::string& name : link.keep_parameters) {
    const boost::json::value* value = parameters.if_contains(name);
    if (!value) continue;
    const auto text = text_of(*value, limits::entry_parameter);
    if (!text) return refusal("The link has a \"" + name + "\" of a form that this study does not use.");
    kept[name] = *text;
  }
  EntrantResult result;
  result.entrant.emplace();
  result.entrant->external_id = *id;
  result.entrant->parameters = boost::json::serialize(kept);
  return result;
}

bool is_entry_closed(const Design& design) {
  if (design.open_link && design.open_link->limit == 0) return true;
  return !design.groups.empty() && design.assignment.closed.size() >= design.groups.size();
}

}  // namespace tellina
