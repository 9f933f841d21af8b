#include "host/config/json_writer.hpp"

#include <algorithm>

#include "host/text/json.hpp"

namespace tellina {
namespace {

constexpr std::size_t columns = 100;

Config make(Config::Node node) { return Config(std::make_shared<Config::Node>(std::move(node))); }

/// The text from which version 0.1.0 computed a task's hash. It does not escape DEL, so that the hashes of a study that
/// has begun do not change.
std::string canonical_string(const std::string& text) {
  std::string quoted = "\"";
  std::size_t from = 0;
  for (std::size_t end = text.find('\x7f'); end != std::string::npos; end = text.find('\x7f', from)) {
    const std::string part = json_string(std::string_view(text).substr(from, end - from));
    quoted.append(part, 1, part.size() - 2).append(1, '\x7f');
    from = end + 1;
  }
  return quoted.append(json_string(std::string_view(text).substr(from)), 1, std::string::npos);
}

/// Everything on one line, with `space` after ',' and ':'. `sorted`: with sorted keys and canonical strings.
std::string flat(const Config& value, bool sorted, const std::string& space) {
  std::string result;
  const auto separate = [&] {
    if (!result.empty()) result += "," + space;
  };
  const auto quoted = [sorted](const std::string& text) { return sorted ? canonical_string(text) : json_string(text); };
  if (value.is_string()) return quoted(value.as_string());
  if (value.is_array()) {
    for (const Config& item : value.items()) {
      separate();
      result += flat(item, sorted, space);
    }
    return "[" + result + "]";
  }
  if (!value.is_object()) return value.describe();
  std::vector<Config::Member> members = value.members();
  if (sorted) {
    std::sort(members.begin(), members.end(),
              [](const Config::Member& a, const Config::Member& b) { return a.first < b.first; });
  }
  for (const auto& [key, member] : members) {
    separate();
    result += quoted(key) + ":" + space + flat(member, sorted, space);
  }
  return "{" + result + "}";
}

/// `used`: columns that the line has already.
std::string pretty(const Config& value, std::size_t indentation, std::size_t used) {
  const std::string in_one_line = flat(value, false, " ");
  const bool has_parts =
      (value.is_array() && !value.items().empty()) || (value.is_object() && !value.members().empty());
  if (!has_parts || used + in_one_line.size() <= columns) return in_one_line;

  const std::string margin(indentation + 2, ' ');
  std::string lines;
  const auto add_line = [&](const std::string& line) { lines += (lines.empty() ? "\n" : ",\n") + margin + line; };
  if (value.is_array()) {
    for (const Config& item : value.items()) add_line(pretty(item, indentation + 2, indentation + 3));
  } else {
    for (const auto& [key, member] : value.members()) {
      const std::string start = json_string(key) + ": ";
      add_line(start + pretty(member, indentation + 2, indentation + 3 + start.size()));
    }
  }
  const char* const brackets = value.is_array() ? "[]" : "{}";
  return brackets[0] + lines + "\n" + std::string(indentation, ' ') + brackets[1];
}

}  // namespace

Config make_string(std::string text) {
  Config::Node node;
  node.kind = Config::Kind::string;
  node.text = std::move(text);
  return make(std::move(node));
}

/// With the place and the kind of `base`.
Config::Node empty_copy(const Config& base) {
  Config::Node node;
  node.kind = base.kind();
  node.file = base.file();
  node.line = base.line();
  node.column = base.column();
  node.path = base.path();
  return node;
}

Config make_array(std::vector<Config> items) {
  Config::Node node;
  node.kind = Config::Kind::array;
  node.items = std::move(items);
  return make(std::move(node));
}

Config with_items(const Config& base, std::vector<Config> items) {
  Config::Node node = empty_copy(base);
  node.items = std::move(items);
  return make(std::move(node));
}

Config make_object(std::vector<Config::Member> members) { return with_members(Config(), std::move(members)); }

Config with_members(const Config& base, std::vector<Config::Member> members) {
  Config::Node node = empty_copy(base);
  for (const Config::Member& old : base.members()) {
    const auto same = [&](const Config::Member& member) { return member.first == old.first; };
    const auto replacement = std::find_if(members.begin(), members.end(), same);
    if (replacement == members.end()) {
      node.members.push_back(old);
    } else {
      node.members.push_back(std::move(*replacement));
      members.erase(replacement);
    }
  }
  node.members.insert(node.members.begin(), std::make_move_iterator(members.begin()),
                      std::make_move_iterator(members.end()));
  return make(std::move(node));
}

Config without_members(const Config& base, const std::set<std::string>& keys) {
  Config::Node node = empty_copy(base);
  for (const Config::Member& member : base.members()) {
    if (!keys.contains(member.first)) node.members.push_back(member);
  }
  return make(std::move(node));
}

std::string pretty_json(const Config& value) { return pretty(value, 0, 0) + "\n"; }

std::string canonical_json(const Config& value) { return flat(value, true, ""); }

}  // namespace tellina
