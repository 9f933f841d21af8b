#include "host/study/tree_listing.hpp"

#include <boost/json.hpp>

#include <charconv>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/runtime/system.hpp"
#include "host/study/tree_compare.hpp"
#include "host/text/sha256.hpp"
#include "tellina/error.hpp"
#include "tellina/text.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

constexpr const char* home_itself = ".";
constexpr const char* kinds[] = {"directory", "file", "link", "other"};

/// A listed name has no byte that JSON would need to escape but these two.
void add_quoted(std::string& text, std::string_view name) {
  text += '"';
  for (const char letter : name) {
    if (letter == '"' || letter == '\\') text += '\\';
    text += letter;
  }
  text += '"';
}

std::string mode_text(std::uint32_t mode) {
  std::string digits = "0000";
  for (std::size_t i = 0; i < digits.size(); ++i) digits[3 - i] = static_cast<char>('0' + (mode >> (3 * i) & 7));
  return digits;
}

std::string time_text(WallTime time) {
  const bool is_whole = time == std::chrono::floor<std::chrono::seconds>(time);
  return to_iso_8601(time, is_whole ? 0 : 9);
}

void add_entry(std::string& text, const std::string& name, const ListedEntry& entry) {
  text += '[';
  add_quoted(text, name);
  text += ",\"";
  text += kinds[static_cast<std::size_t>(entry.kind)];
  text += "\",\"" + mode_text(entry.mode) + "\",";
  add_quoted(text, entry.owner);
  text += ',';
  text += entry.size ? std::to_string(*entry.size) : "null";
  text += entry.modified_at ? ",\"" + time_text(*entry.modified_at) + "\"," : std::string(",null,");
  if (entry.content.empty()) {
    text += "null";
  } else {
    add_quoted(text, entry.content);
  }
  text += ']';
}

/// Bytes that an entry takes in a text at most, besides its name and its target.
constexpr std::size_t entry_overhead = 160;

class Lister {
 public:
  Lister(const StartTimes& start, const TreeListing* before, TreeListing& listing)
      : m_start(start), m_before(before), m_listing(listing) {}

  /// `prefix`: the listed name of the directory with "/" at its end, or empty.
  void add_below(const std::string& prefix, const FileNode& directory) {
    for (const auto& [name, node] : directory.children) {
      std::string listed = prefix + listed_name(name);
      add(listed, node);
      if (m_size > limits::home_listing) return;
      add_below(listed += '/', node);
    }
  }

  void add(const std::string& name, const FileNode& node) {
    ListedEntry entry = described(name, node);
    m_size += name.size() + entry.content.size() + entry_overhead;
    if (m_size > limits::home_listing) {
      m_listing.is_truncated = true;
      return;
    }
    if (entry.size && *entry.size <= limits::kept_content) m_listing.content_size += *entry.size;
    m_listing.entries.emplace(name, std::move(entry));
  }

 private:
  ListedEntry described(const std::string& name, const FileNode& node) const {
    ListedEntry entry;
    entry.kind = node.kind;
    entry.mode = node.mode.value_or(0);
    entry.owner = listed_name(node.owner.value_or(""));
    if (node.kind == FileKind::regular) entry.size = node.size;
    const auto at_start = m_start.find(name);
    if (at_start == m_start.end() || node.modified_at != at_start->second) entry.modified_at = node.modified_at;
    if (node.kind == FileKind::symlink) entry.content = listed_name(node.target);
    if (node.kind != FileKind::regular) return entry;
    if (node.content) {
      entry.content = sha256(*node.content);
    } else if (m_before) {
      const auto earlier = m_before->entries.find(name);
      if (earlier != m_before->entries.end()) {
        entry.content = earlier->second.content;
        if (entry != earlier->second) entry.content.clear();
      }
    }
    return entry;
  }

  const StartTimes& m_start;
  const TreeListing* m_before;
  TreeListing& m_listing;
  std::size_t m_size = 0;
};

void add_times(StartTimes& times, const std::string& prefix, const FileNode& directory) {
  for (const auto& [name, node] : directory.children) {
    std::string listed = prefix + listed_name(name);
    if (node.modified_at) times.emplace(listed, *node.modified_at);
    add_times(times, listed += '/', node);
  }
}

[[noreturn]] void fail(const std::string& expected, const std::string& found) {
  throw Error(ErrorCode::bad_request,
              "listing: expected " + expected + ", found " + found.substr(0, limits::quoted_text));
}

unsigned digits_at(const std::string& text, std::size_t place, std::size_t size) {
  unsigned number = 0;
  const char* const end = text.data() + place + size;
  if (text.size() < place + size || std::from_chars(text.data() + place, end, number).ptr != end) fail("a time", text);
  return number;
}

WallTime parse_time(const std::string& text) {
  const std::chrono::year_month_day day(std::chrono::year(static_cast<int>(digits_at(text, 0, 4))),
                                        std::chrono::month(digits_at(text, 5, 2)),
                                        std::chrono::day(digits_at(text, 8, 2)));
  if (!day.ok() || !text.ends_with('Z')) fail("a time", text);
  const auto second = std::chrono::sys_days(day) + std::chrono::hours(digits_at(text, 11, 2)) +
                      std::chrono::minutes(digits_at(text, 14, 2)) + std::chrono::seconds(digits_at(text, 17, 2));
  const bool has_fraction = text.size() > sizeof "0000-00-00T00:00:00Z" - 1;
  const WallTime time = second + std::chrono::nanoseconds(has_fraction ? digits_at(text, 20, 9) : 0);
  if (time_text(time) != text) fail("a time", text);
  return time;
}

const std::string text_of(const json::value& value) {
  if (!value.is_string()) fail("text", json::serialize(value));
  return std::string(value.get_string());
}

std::pair<std::string, ListedEntry> parse_entry(const json::array& parts) {
  if (parts.size() != 7) fail("an array of 7", json::serialize(parts));
  std::pair<std::string, ListedEntry> result;
  result.first = text_of(parts[0]);
  ListedEntry& entry = result.second;
  const std::string kind = text_of(parts[1]);
  const auto* const found = std::find(std::begin(kinds), std::end(kinds), kind);
  if (found == std::end(kinds)) fail("a kind of file", kind);
  entry.kind = static_cast<FileKind>(found - std::begin(kinds));
  const std::string mode = text_of(parts[2]);
  const char* const end = mode.data() + mode.size();
  if (std::from_chars(mode.data(), end, entry.mode, 8).ptr != end || mode_text(entry.mode) != mode)
    fail("a mode", mode);
  entry.owner = text_of(parts[3]);
  if (!parts[4].is_null()) {
    if (!parts[4].is_int64() || parts[4].get_int64() < 0) fail("a size", json::serialize(parts[4]));
    entry.size = static_cast<std::uint64_t>(parts[4].get_int64());
  }
  if (!parts[5].is_null()) entry.modified_at = parse_time(text_of(parts[5]));
  if (!parts[6].is_null()) entry.content = text_of(parts[6]);
  return result;
}

json::array parse_array(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_array()) fail("a JSON array", std::string(text));
  return std::move(value.get_array());
}

Bytes decoded(const std::string& listed) {
  std::optional<std::string> name = percent_decode(listed);
  if (!name) fail("a name with \"%\" and two digits", listed);
  return *name;
}

/// Where an entry belongs; its directories are made if they are missing, as they cannot be in a whole listing.
FileNode& make_place(FileNode& root, const Bytes& name) {
  FileNode* node = &root;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    node = &node->children[name.substr(begin, end - begin)];
    begin = end + 1;
  }
  return *node;
}

}  // namespace

std::string listed_name(BytesView name) {
  std::string listed;
  listed.reserve(name.size());
  for (const char letter : name) {
    const auto byte = static_cast<std::uint8_t>(letter);
    if (byte < 0x20 || byte > 0x7e || letter == '%') {
      listed += {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
    } else {
      listed += letter;
    }
  }
  return listed;
}

StartTimes start_times_of(const FileTree& home) {
  StartTimes times;
  if (home.root.modified_at) times.emplace(home_itself, *home.root.modified_at);
  add_times(times, "", home.root);
  return times;
}

std::string TreeListing::text() const {
  std::string text;
  for (const auto& [name, entry] : entries) {
    add_entry(text, name, entry);
    text += '\n';
  }
  return text;
}

TreeListing list_tree(const FileTree& home, const StartTimes& start, const TreeListing* before) {
  TreeListing listing;
  listing.is_truncated = home.truncated;
  Lister lister(start, before, listing);
  lister.add(home_itself, home.root);
  lister.add_below("", home.root);
  return listing;
}

ListedChanges listed_changes(const TreeListing& before, const TreeListing& after) {
  ListedChanges changes;
  changes.json = "[";
  const auto begin_entry = [&changes](const std::string& name) {
    if (changes.json.size() > 1) changes.json += ",\n";
    if (name != home_itself) ++changes.count;
  };
  auto old = before.entries.begin();
  auto current = after.entries.begin();
  while (old != before.entries.end() || current != after.entries.end()) {
    const bool is_gone = current == after.entries.end() || (old != before.entries.end() && old->first < current->first);
    if (is_gone) {
      begin_entry(old->first);
      changes.json += '[';
      add_quoted(changes.json, old->first);
      changes.json += ']';
      ++old;
      continue;
    }
    const bool is_known = old != before.entries.end() && old->first == current->first;
    if (!is_known || old->second != current->second) {
      begin_entry(current->first);
      add_entry(changes.json, current->first, current->second);
    }
    if (is_known) ++old;
    ++current;
  }
  changes.json += ']';
  return changes;
}

TreeListing parse_listing(const std::string& text) {
  TreeListing listing;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) fail("a line end", text.substr(begin));
    listing.entries.insert(parse_entry(parse_array(std::string_view(text).substr(begin, end - begin))));
    begin = end + 1;
  }
  return listing;
}

void apply_changes(TreeListing& listing, const std::string& changes) {
  for (const json::value& value : parse_array(changes)) {
    if (!value.is_array()) fail("an array", json::serialize(value));
    const json::array& parts = value.get_array();
    if (parts.size() == 1) {
      listing.entries.erase(text_of(parts[0]));
    } else {
      auto [name, entry] = parse_entry(parts);
      listing.entries.insert_or_assign(std::move(name), std::move(entry));
    }
  }
}

FileTree tree_of(const TreeListing& listing, const ListedContents& contents, const FileTree& initial, WallTime start) {
  FileTree tree;
  tree.truncated = listing.is_truncated;
  for (const auto& [listed, entry] : listing.entries) {
    const Bytes name = listed == home_itself ? Bytes() : decoded(listed);
    FileNode& node = name.empty() ? tree.root : make_place(tree.root, name);
    node.kind = entry.kind;
    node.mode = entry.mode;
    node.owner = decoded(entry.owner);
    node.size = entry.size;
    const FileNode* const at_start = entry.modified_at ? nullptr : node_at(initial.root, name);
    node.modified_at = entry.modified_at                   ? entry.modified_at
                       : at_start && at_start->modified_at ? at_start->modified_at
                                                           : start;
    if (entry.kind == FileKind::symlink) node.target = decoded(entry.content);
    if (entry.kind == FileKind::regular && !entry.content.empty() && contents.is_needed(name)) {
      node.content = contents.find(entry.content);
    }
  }
  return tree;
}

}  // namespace tellina
