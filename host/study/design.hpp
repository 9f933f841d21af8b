#pragma once

/// The design of a study: blocks, treatments, groups, flow, and what holds for all participants.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/study/flow.hpp"
#include "host/study/form.hpp"
#include "host/study/outcome.hpp"
#include "host/study/study_text.hpp"

namespace tellina {

enum class TaskOrder : std::uint8_t { fixed, random, latin_square };

/// A list of tasks that a participant does in one part of the flow.
struct Block {
  std::string name;
  std::vector<int> tasks;  ///< numbers in Study::tasks
  TaskOrder order = TaskOrder::fixed;
  std::optional<std::chrono::nanoseconds> time_limit;  ///< of the time charged to its tasks together
};

struct Link {
  std::string title;
  std::string url;  ///< http or https
};

/// A condition under which a participant works in a period.
struct Treatment {
  std::string name;
  std::string title;
  StudyText text;
  std::vector<Link> links;
};

/// What a group does in one period.
struct GroupPeriod {
  std::string block;
  std::string treatment;  ///< empty if the study has none
  bool operator==(const GroupPeriod&) const = default;
};

struct Group {
  std::string name;
  std::vector<GroupPeriod> periods;  ///< in order; all groups have as many
};

enum class AssignmentMethod : std::uint8_t { least_filled, permuted_blocks, in_turn };

/// How participants get their group.
struct AssignmentRules {
  AssignmentMethod method = AssignmentMethod::least_filled;
  int block_size = 0;     ///< permuted_blocks: places per block, a multiple of the number of groups
  std::int64_t seed = 0;  ///< of every random draw
  std::string at;         ///< the id of the step before which the group is chosen; empty: see assignment_point()
  std::chrono::nanoseconds held_for{std::chrono::hours(2)};  ///< how long an unseen participant keeps their place
  std::optional<int> target_per_group;
  bool continues_when_full = false;          ///< otherwise participants are turned away, with the outcome `full`
  std::map<std::string, std::string> fixed;  ///< access code to group. Codes are secrets: not for logs
  std::vector<std::string> closed;           ///< groups that get no one
};

/// What the page shows at the end, and where it leads.
struct Completion {
  std::string text;           ///< Markdown
  std::string code;           ///< the same for all; empty if there is none or it is generated
  bool has_own_code = false;  ///< each participant gets a generated code
  std::string redirect;       ///< a link; "{code}" in it stands for the code. Empty: none
};

/// A link through which anyone may take part.
struct OpenLink {
  std::string id_parameter;                  ///< of the link, with the participant's external id
  std::vector<std::string> keep_parameters;  ///< recorded; others are dropped
  std::string id_pattern;                    ///< RE2 for the whole external id; empty: any
  std::optional<int> limit;                  ///< of the stage's participants, without excluded ones
  bool rejoins_anywhere = false;             ///< otherwise only the same browser joins again with the same id
};

enum class Withdrawal : std::uint8_t { off, keep, erase, ask };

struct Author {
  std::string name;
  std::string email;
  std::string orcid;
};

struct Design {
  /// SHA-256 of what must not change while participants are under way; empty if the study consists of tasks alone.
  std::string hash;
  std::string description;
  std::string license;  ///< SPDX; may be empty
  std::vector<Author> authors;
  std::string stage = "main";  ///< of new participants; groups are balanced within a stage
  bool records_addresses = false;
  std::optional<std::chrono::nanoseconds> resume_within;  ///< a later return ends with the outcome `expired`
  Withdrawal withdrawal = Withdrawal::off;

  std::vector<Block> blocks;  ///< in the order of the file
  std::vector<Treatment> treatments;
  std::vector<Form> forms;
  std::vector<FlowStep> flow;  ///< empty: all tasks in order
  std::vector<Group> groups;   ///< empty: none are configured
  AssignmentRules assignment;
  std::map<Outcome, Completion> completion;
  std::optional<OpenLink> open_link;

  /// These return null if there is none with this name.
  const Block* find_block(const std::string& name) const;
  const Treatment* find_treatment(const std::string& name) const;
  const Form* find_form(const std::string& name) const;
  const Group* find_group(const std::string& name) const;
};

}  // namespace tellina
