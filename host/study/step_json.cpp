#include "host/study/step_json.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "host/text/utf8.hpp"
#include "tellina/text.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

/// Rounded up, so that a participant who waits as long does not come too early.
std::int64_t whole_seconds(std::chrono::nanoseconds duration) {
  return std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::seconds>(duration).count());
}

json::value number_json(double number) {
  if (std::abs(number) < 1e15 && std::trunc(number) == number) return static_cast<std::int64_t>(number);
  return number;
}

json::object field_json(const FormField& field) {
  json::object object;
  object["name"] = field.name;
  object["type"] = to_string(field.type);
  object["label"] = field.label;
  if (!field.help.empty()) object["help"] = field.help;
  object["required"] = field.required;
  if (field.show_if) object["show_if"] = {{"field", field.show_if->field}, {"is", field.show_if->is}};
  if (field.at_least) object["at_least"] = number_json(*field.at_least);
  if (field.at_most) object["at_most"] = number_json(*field.at_most);
  switch (field.type) {
    case FieldType::choice:
    case FieldType::choices: {
      json::array& options = object["options"].emplace_array();
      for (const std::string& option : field.options) options.emplace_back(option);
      break;
    }
    case FieldType::matrix: {
      json::array& rows = object["rows"].emplace_array();
      for (const FormRow& row : field.rows) rows.push_back({{"name", row.name}, {"label", row.label}});
      [[fallthrough]];
    }
    case FieldType::scale:
      object["from"] = field.from;
      object["to"] = field.to;
      object["from_label"] = field.from_label;
      object["to_label"] = field.to_label;
      break;
    case FieldType::number:
      object["whole"] = field.is_whole;
      break;
    case FieldType::text:
    case FieldType::paragraph:
    case FieldType::confirm:
      break;
  }
  return object;
}

/// What the page shows while the participant gets a group.
json::object waiting_json() {
  return {{"id", ""},
          {"kind", "page"},
          {"number", 0},
          {"total", 0},
          {"title", ""},
          {"text", "One moment, please."},
          {"back", false},
          {"at_least_in_seconds", 5},
          {"seconds_left", nullptr}};
}

std::string with_code(std::string link, const std::string& code) {
  static constexpr std::string_view place = "{code}";
  const std::string encoded = percent_encode(code);
  for (std::size_t at = link.find(place); at != std::string::npos; at = link.find(place, at + encoded.size())) {
    link.replace(at, place.size(), encoded);
  }
  return link;
}

}  // namespace

json::object step_json(const Study& study, const ParticipantProgress& progress, const SchedulePosition& position,
                       MonotonicTime now) {
  if (!position.current()) return waiting_json();
  const ScheduleEntry& entry = *position.current();
  const FlowStep* const step = step_of(study, entry);
  const auto shown_for = position.is_shown() ? now - position.shown_at() : std::chrono::nanoseconds::zero();
  json::object object;
  object["id"] = entry.step_id;
  object["kind"] = to_string(entry.kind);
  object["number"] = entry.position;
  object["total"] = position.schedule().size();
  object["title"] = replace_invalid_utf8(title_of(study, entry));
  object["text"] = replace_invalid_utf8(text_of(study, entry));
  object["at_least_in_seconds"] = step ? whole_seconds(step->at_least - shown_for) : 0;
  object["seconds_left"] = nullptr;
  if (!step) return object;
  if (entry.kind == EntryKind::consent) {
    json::array& boxes = object["boxes"].emplace_array();
    for (const std::string& box : step->boxes) boxes.emplace_back(box);
    object["refuse"] = step->can_refuse;
  }
  if (entry.kind == EntryKind::page) object["back"] = step->has_back;
  if (entry.kind == EntryKind::pause && step->at_most) {
    object["seconds_left"] = whole_seconds(*step->at_most - shown_for);
  }
  if (const auto form = form_of(study, entry, participant_key(progress.participant))) {
    if (!form->text.empty()) object["text"] = replace_invalid_utf8(form->text.for_period(names_of(entry)));
    json::array& fields = object["fields"].emplace_array();
    for (const FormField& field : form->fields) fields.push_back(field_json(field));
    object["answers"] = position.is_shown() ? progress.flow.answers : json::object();
    object["repeated"] = position.try_number() > 1;
  }
  return object;
}

void add_completion(const Study& study, const FlowRecord& flow, json::object& state) {
  state["outcome"] = nullptr;
  state["text"] = "";
  state["code"] = "";
  state["redirect"] = "";
  if (!flow.outcome) return;
  state["outcome"] = to_string(*flow.outcome);
  const auto completion = study.design.completion.find(*flow.outcome);
  if (completion == study.design.completion.end()) return;
  const std::string& code = completion->second.has_own_code ? flow.completion_code : completion->second.code;
  state["text"] = replace_invalid_utf8(completion->second.text);
  state["code"] = code;
  state["redirect"] = with_code(completion->second.redirect, code);
}

}  // namespace tellina
