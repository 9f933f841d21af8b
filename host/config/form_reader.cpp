#include "host/config/form_reader.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"

namespace tellina {
namespace {

class FormReader {
 public:
  FormReader(Form& form, DesignSources& sources)
      : m_form(form), m_texts(sources.texts), m_diagnostics(sources.diagnostics) {}

  void read(const std::vector<Config>& fields) {
    for (const Config& field : fields) read_field(field);
  }

 private:
  void read_field(const Config& value) {
    FormField field;
    field.name = value.at("name").as_string();
    field.type = field_type_named(value.at("type").as_string()).value();
    field.label = value.at("label").as_string();
    if (const Config* help = value.find("help")) field.help = m_texts.read_string(*help);
    field.required = value.bool_or("required", false);
    field.has_random_order = value.string_or("order", "fixed") == "random";
    if (const Config* options = value.find("options")) {
      for (const Config& option : options->items()) field.options.push_back(option.as_string());
    }
    if (const Config* least = value.find("at_least")) field.at_least = least->as_number();
    if (const Config* most = value.find("at_most")) field.at_most = most->as_number();
    field.is_whole = value.bool_or("whole", false);
    field.from = value.integer_or("from", 0);
    field.to = value.integer_or("to", 0);
    field.from_label = value.string_or("from_label", "");
    field.to_label = value.string_or("to_label", "");
    if (const Config* rows = value.find("rows")) read_rows(*rows, field);
    check_name_is_new(value.at("name"));
    check_ranges(value, field);
    if (const Config* correct = value.find("correct")) read_correct(*correct, field);
    if (const Config* condition = value.find("show_if")) read_condition(*condition, field);
    m_form.fields.push_back(std::move(field));
  }

  void read_rows(const Config& rows, FormField& field) {
    for (const Config& row : rows.items()) {
      const Config& name = row.at("name");
      const auto same = std::find_if(field.rows.begin(), field.rows.end(),
                                     [&](const FormRow& other) { return other.name == name.as_string(); });
      if (same != field.rows.end()) {
        m_diagnostics.add(name, "expected a new name, got " + describe(name) + ", which rows[" +
                                    std::to_string(same - field.rows.begin()) + "] has");
      }
      field.rows.push_back({name.as_string(), row.at("label").as_string()});
    }
  }

  void check_name_is_new(const Config& name) {
    for (std::size_t index = 0; index < m_form.fields.size(); ++index) {
      if (m_form.fields[index].name != name.as_string()) continue;
      m_diagnostics.add(
          name, "expected a new name, got " + describe(name) + ", which fields[" + std::to_string(index) + "] has");
    }
  }

  void check_ranges(const Config& value, const FormField& field) {
    if (field.at_least && field.at_most && *field.at_least > *field.at_most) {
      m_diagnostics.add(value.at("at_most"), "expected at least \"at_least\", which is " +
                                                 describe(value.at("at_least")) + ", got " +
                                                 describe(value.at("at_most")));
    }
    if (!value.find("to") || field.from < field.to) return;
    m_diagnostics.add(value.at("to"), "expected a number above \"from\", which is " + std::to_string(field.from) +
                                          ", got " + std::to_string(field.to));
  }

  void read_correct(const Config& correct, FormField& field) {
    field.correct = to_json(correct);
    const std::string fault = why_bad_answer(field, field.correct);
    if (!fault.empty() || field.correct.is_null()) {
      m_diagnostics.add(correct, "expected an answer that the field can have, got " + describe(correct));
    }
  }

  void read_condition(const Config& condition, FormField& field) {
    const Config& name = condition.at("field");
    const auto other = std::find_if(m_form.fields.begin(), m_form.fields.end(),
                                    [&](const FormField& one) { return one.name == name.as_string(); });
    if (other == m_form.fields.end()) {
      std::vector<std::string> names;
      for (const FormField& one : m_form.fields) names.push_back(one.name);
      return m_diagnostics.add(
          name, "expected a field before this one, got " + describe(name) + suggestion(name.as_string(), names));
    }
    field.show_if = FieldCondition{name.as_string(), to_json(condition.at("is"))};
    if (!can_include(*other, field.show_if->is)) {
      m_diagnostics.add(condition.at("is"),
                        "expected an answer that " + describe(name) + " can have, got " + describe(condition.at("is")));
    }
  }

  Form& m_form;
  TextReader& m_texts;
  Diagnostics& m_diagnostics;
};

}  // namespace

std::vector<Form> read_forms(const Config& section, DesignSources& sources) {
  std::vector<Form> forms;
  for (const auto& [name, value] : section.members()) {
    Form form{name, value.at("title").as_string(), {}, {}};
    if (const Config* text = value.find("text")) form.text = read_study_text(*text, sources);
    FormReader(form, sources).read(value.at("fields").items());
    forms.push_back(std::move(form));
  }
  return forms;
}

boost::json::value to_json(const Config& value) {
  switch (value.kind()) {
    case Config::Kind::null:
      return nullptr;
    case Config::Kind::boolean:
      return value.as_bool();
    case Config::Kind::integer:
      return value.as_integer();
    case Config::Kind::number:
      return value.as_number();
    case Config::Kind::string:
      return boost::json::string(value.as_string());
    case Config::Kind::array: {
      boost::json::array items;
      for (const Config& item : value.items()) items.push_back(to_json(item));
      return items;
    }
    case Config::Kind::object: {
      boost::json::object members;
      for (const auto& [key, member] : value.members()) members[key] = to_json(member);
      return members;
    }
  }
  return nullptr;
}

}  // namespace tellina
