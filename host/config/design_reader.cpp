#include "host/config/design_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "host/config/assignment_reader.hpp"
#include "host/config/flow_reader.hpp"
#include "host/config/form_reader.hpp"
#include "host/study/record_match.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/utf8.hpp"

namespace tellina {
namespace {

class DesignReader {
 public:
  DesignReader(const Config& root, DesignSources& sources) : m_root(root), m_sources(sources) {}

  Design read() {
    if (const Config* study = m_root.find("study")) read_study(*study);
    if (const Config* entry = m_root.find("entry")) read_entry(*entry);
    if (const Config* blocks = m_root.find("blocks")) read_blocks(*blocks);
    // The texts of treatments depend on the groups, which name treatments.
    const Config* treatments = m_root.find("treatments");
    for (const std::string& name : names_in(treatments)) m_design.treatments.push_back({name, "", {}, {}});
    const Config* assignment = m_root.find("assignment");
    const bool has_groups = assignment && assignment->find("groups");
    if (assignment) {
      read_assignment(*assignment, m_design, m_sources.diagnostics);
    }
    collect_periods();
    if (treatments) read_treatments(*treatments);
    if (const Config* forms = m_root.find("questionnaires")) m_design.forms = read_forms(*forms, m_sources);
    if (const Config* flow = m_root.find("flow")) read_flow(*flow, has_groups, m_design, m_sources);
    if (const Config* completion = m_root.find("completion")) read_completion(*completion);
    check_assignment(m_root, m_design, m_sources.diagnostics);
    return std::move(m_design);
  }

 private:
  void read_study(const Config& study) {
    m_design.description = study.string_or("description", "");
    m_design.license = study.string_or("license", "");
    if (const Config* authors = study.find("authors")) {
      for (const Config& author : authors->items()) {
        check_printable(author.at("name"));
        m_design.authors.push_back(
            {author.at("name").as_string(), author.string_or("email", ""), author.string_or("orcid", "")});
      }
    }
    m_design.stage = study.string_or("stage", m_design.stage);
    m_design.records_addresses = study.bool_or("record_addresses", false);
    if (const Config* hours = study.find("resume_within_in_hours")) {
      m_design.resume_within = std::chrono::nanoseconds(std::llround(hours->as_number() * 3600e9));
    }
    constexpr std::array<std::pair<const char*, Withdrawal>, 4> withdrawals = {{{"off", Withdrawal::off},
                                                                                {"keep", Withdrawal::keep},
                                                                                {"delete", Withdrawal::erase},
                                                                                {"ask", Withdrawal::ask}}};
    const std::string name = study.string_or("withdrawal", "off");
    for (const auto& [spelling, withdrawal] : withdrawals) {
      if (name == spelling) m_design.withdrawal = withdrawal;
    }
  }

  void check_printable(const Config& text) {
    if (is_printable(text.as_string())) return;
    m_sources.diagnostics.add(text, "expected printable characters only, got " + describe(text));
  }

  void read_entry(const Config& entry) {
    const Config* value = entry.find("open_link");
    if (!value) return;
    OpenLink link;
    link.id_parameter = value->at("id_parameter").as_string();
    if (const Config* kept = value->find("keep_parameters")) {
      for (const Config& parameter : kept->items()) link.keep_parameters.push_back(parameter.as_string());
    }
    if (const Config* pattern = value->find("id_pattern")) {
      link.id_pattern = pattern->as_string();
      const std::string error = expression_error(link.id_pattern);
      if (!error.empty()) {
        m_sources.diagnostics.add(*pattern,
                                  "expected a regular expression (RE2), got " + describe(*pattern) + ": " + error);
      }
    }
    if (const Config* limit = value->find("limit")) link.limit = static_cast<int>(limit->as_integer());
    link.rejoins_anywhere = value->string_or("rejoin", "same_browser") == "anywhere";
    m_design.open_link = std::move(link);
  }

  void read_blocks(const Config& blocks) {
    constexpr std::array<std::pair<const char*, TaskOrder>, 3> orders = {
        {{"fixed", TaskOrder::fixed}, {"random", TaskOrder::random}, {"latin_square", TaskOrder::latin_square}}};
    std::map<std::string, std::string> block_of;
    for (const auto& [name, value] : blocks.members()) {
      Block block{name, {}, TaskOrder::fixed, std::nullopt};
      for (const Config& id : value.at("tasks").items()) read_block_task(id, block, block_of);
      const std::string order_name = value.string_or("order", "fixed");
      for (const auto& [spelling, order] : orders) {
        if (order_name == spelling) block.order = order;
      }
      if (const Config* limit = value.find("time_limit_in_seconds")) block.time_limit = seconds_of(*limit);
      m_design.blocks.push_back(std::move(block));
    }
  }

  /// `block_of`: the blocks of the tasks before this one.
  void read_block_task(const Config& id, Block& block, std::map<std::string, std::string>& block_of) {
    if (!check_name(id, m_sources.task_ids, "the id of a task", m_sources.diagnostics)) return;
    const auto [other, is_new] = block_of.emplace(id.as_string(), block.name);
    if (!is_new) {
      const bool is_same = other->second == block.name;
      return m_sources.diagnostics.add(
          id, (is_same ? "expected each task once, got " : "expected a task of one block, got ") + describe(id) +
                  (is_same ? " a second time" : ", which is in blocks." + other->second + " too"));
    }
    const auto found = std::find(m_sources.task_ids.begin(), m_sources.task_ids.end(), id.as_string());
    block.tasks.push_back(static_cast<int>(found - m_sources.task_ids.begin()) + 1);
  }

  void collect_periods() {
    for (const Group& group : m_design.groups) {
      for (std::size_t index = 0; index < group.periods.size(); ++index) {
        m_sources.periods.push_back(
            {group.periods[index].block, group.periods[index].treatment, static_cast<int>(index) + 1});
      }
    }
  }

  void read_treatments(const Config& treatments) {
    for (std::size_t index = 0; index < m_design.treatments.size(); ++index) {
      const Config& value = treatments.members()[index].second;
      Treatment& treatment = m_design.treatments[index];
      treatment.title = value.at("title").as_string();
      check_printable(value.at("title"));
      if (const Config* text = value.find("text")) treatment.text = read_study_text(*text, m_sources);
      const Config* links = value.find("links");
      if (!links) continue;
      for (const Config& link : links->items()) {
        treatment.links.push_back({link.at("title").as_string(), link.at("url").as_string()});
      }
    }
  }

  void read_completion(const Config& section) {
    for (const auto& [name, value] : section.members()) {
      Completion completion;
      if (const Config* text = value.find("text")) completion.text = m_sources.texts.read(*text);
      const Config* code = value.find("code");
      if (code) {
        completion.has_own_code = code->as_string() == "generated";
        if (!completion.has_own_code) completion.code = code->as_string();
        check_printable(*code);
      }
      completion.redirect = value.string_or("redirect", "");
      const bool has_place = completion.redirect.find("{code}") != std::string::npos;
      if (!completion.redirect.empty() && code && !has_place) {
        m_sources.diagnostics.add(value.at("redirect"),
                                  R"(expected "{code}" in it or no "code", got a link without "{code}")");
      } else if (!code && has_place) {
        m_sources.diagnostics.add(
            value.at("redirect"),
            R"(expected a link without "{code}", as there is no "code", got )" + describe(value.at("redirect")));
      }
      m_design.completion[outcome_named(name).value()] = std::move(completion);
    }
  }

  const Config& m_root;
  DesignSources& m_sources;
  Design m_design;
};

}  // namespace

Design read_design(const Config& root, DesignSources& sources) { return DesignReader(root, sources).read(); }

}  // namespace tellina
