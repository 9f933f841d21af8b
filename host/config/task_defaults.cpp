#include "host/config/task_defaults.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "host/config/host_schema.hpp"
#include "host/config/json_writer.hpp"

namespace tellina {
namespace {

bool is_merged(const std::string& key) { return key == "sandbox" || key == "metadata"; }

/// `own`: the task's value of a key.
Config merged(const Config& own, const Config& fallback) {
  if (!own.is_object() || !fallback.is_object()) return own;
  std::vector<Config::Member> members;
  for (const Config::Member& member : fallback.members()) {
    if (!own.find(member.first)) members.push_back(member);
  }
  return with_members(own, std::move(members));
}

Config with_defaults(const Config& task, const Config& defaults) {
  const Config* type = task.find("type");
  if (!type) type = defaults.find("type");
  if (!type || !type->is_string()) return task;
  const std::set<std::string> keys = task_default_keys(type->as_string());
  std::vector<Config::Member> members;
  for (const auto& [key, fallback] : defaults.members()) {
    if (!keys.contains(key)) continue;
    const Config* own = task.find(key);
    if (!own) {
      members.emplace_back(key, fallback);
    } else if (is_merged(key)) {
      members.emplace_back(key, merged(*own, fallback));
    }
  }
  return members.empty() ? task : with_members(task, std::move(members));
}

}  // namespace

Config with_task_defaults(const Config& root) {
  const Config* defaults = root.is_object() ? root.find("task_defaults") : nullptr;
  const Config* tasks = root.is_object() ? root.find("tasks") : nullptr;
  if (!defaults || !defaults->is_object() || !tasks || !tasks->is_array()) return root;
  std::vector<Config> items;
  for (const Config& task : tasks->items()) items.push_back(task.is_object() ? with_defaults(task, *defaults) : task);
  return with_members(root, {{"tasks", with_items(*tasks, std::move(items))}});
}

bool is_task_default(const Config& value) { return value.path().starts_with("task_defaults."); }

}  // namespace tellina
