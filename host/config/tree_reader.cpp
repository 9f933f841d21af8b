#include "host/config/tree_reader.hpp"

#include <filesystem>

#include "host/text/message_parts.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

constexpr std::uint64_t block_bytes = 4096;
/// The oldest relative time; an earlier one could be before 1970.
constexpr std::int64_t oldest_days = 18250;

/// The value of a directory's entry in the configuration; null if the entry is an archive's.
const Config* find_entry(const Config& value, const Bytes& name) {
  if (!value.is_object()) return nullptr;
  if (const Config* attributes = value.find("$directory")) {
    const Config* entries = attributes->find("entries");
    return entries ? find_entry(*entries, name) : nullptr;
  }
  const Config* added = value.find("$with");
  return added ? added->find(name) : value.find(name);
}

}  // namespace

void drop_attributes(FileNode& node) {
  node.mode.reset();
  node.modified_at.reset();
  node.owner.reset();
  for (auto& child : node.children) drop_attributes(child.second);
}

void put_entries(FileNode& directory, const FileNode& added) {
  for (const auto& [name, child] : added.children) {
    const auto found = directory.children.find(name);
    const bool both_are_directories = found != directory.children.end() && child.kind == FileKind::directory &&
                                      found->second.kind == FileKind::directory;
    if (!both_are_directories) {
      directory.children[name] = child;
      continue;
    }
    FileNode& present = found->second;
    if (child.mode) present.mode = child.mode;
    if (child.modified_at) present.modified_at = child.modified_at;
    if (child.owner) present.owner = child.owner;
    put_entries(present, child);
  }
}

ReadTree TreeReader::read(const Config& value, Purpose purpose) {
  ReadTree result;
  result.tree.root = entry(value, "", {purpose, result});
  check_size(value, result.tree.root);
  return result;
}

FileNode TreeReader::entry(const Config& value, const Bytes& path, const Reading& reading) {
  if (value.is_null()) {
    return reading.purpose == Purpose::initial ? FileNode::regular("") : FileNode(FileKind::regular);
  }
  if (value.is_string()) return FileNode::regular(value.as_string());
  if (const Config* attributes = value.find("$file")) return file(*attributes, path, reading);
  if (const Config* attributes = value.find("$directory")) return directory(*attributes, path, reading);
  if (const Config* target = value.find("$link")) return link(*target);
  if (value.find("$archive")) return archive(value, path, reading);
  FileNode directory;
  add_entries(directory, value, path, reading);
  return directory;
}

void TreeReader::add_entries(FileNode& directory, const Config& value, const Bytes& path, const Reading& reading) {
  for (const auto& [name, child] : value.members()) {
    directory.children.emplace(name, entry(child, path.empty() ? name : path + "/" + name, reading));
  }
}

FileNode TreeReader::link(const Config& target) {
  if (target.as_string().find('\0') != std::string::npos || target.as_string().size() > m_limits.path_bytes) {
    m_diagnostics.add(target, "expected a link target of at most " + std::to_string(m_limits.path_bytes) +
                                  " bytes without NUL, got " + describe(target));
  }
  return FileNode::symlink(target.as_string());
}

FileNode TreeReader::file(const Config& attributes, const Bytes& path, const Reading& reading) {
  FileNode node(FileKind::regular);
  const Config* content = attributes.find("content");
  const Config* size = attributes.find("size");
  if (content && size) m_diagnostics.add(*size, "expected either \"content\" or \"size\", got both");
  if (content) {
    node = FileNode::regular(content->as_string());
  } else if (size) {
    read_size(node, *size, path, reading);
  } else if (reading.purpose == Purpose::initial) {
    node = FileNode::regular("");
  }
  read_attributes(node, attributes, path, reading);
  return node;
}

FileNode TreeReader::directory(const Config& attributes, const Bytes& path, const Reading& reading) {
  FileNode node;
  if (const Config* entries = attributes.find("entries")) node = entry(*entries, path, reading);
  read_attributes(node, attributes, path, reading);
  return node;
}

void TreeReader::read_size(FileNode& node, const Config& size, const Bytes& path, const Reading& reading) {
  if (!size.is_object()) {
    node.size = static_cast<std::uint64_t>(size.as_integer());
    return;
  }
  if (reading.purpose == Purpose::initial) {
    return m_diagnostics.add(size, "expected one size, as only answers have ranges, got an object");
  }
  AttributeRange& range = reading.result.ranges[path];
  const Config* least = size.find("at_least");
  const Config* most = size.find("at_most");
  if (least) range.least_size = static_cast<std::uint64_t>(least->as_integer());
  if (most) range.largest_size = static_cast<std::uint64_t>(most->as_integer());
  if (least && most && *range.least_size > *range.largest_size) {
    m_diagnostics.add(*most, "expected a size from \"at_least\" on, got " + describe(*most));
  }
}

void TreeReader::read_attributes(FileNode& node, const Config& attributes, const Bytes& path, const Reading& reading) {
  if (const Config* mode = attributes.find("mode")) {
    node.mode = static_cast<std::uint32_t>(std::stoul(mode->as_string(), nullptr, 8));
  }
  if (const Config* time = attributes.find("mtime")) read_time(node, *time, path, reading);
  if (const Config* owner = attributes.find("owner")) {
    node.owner = owner->as_string();
    if (reading.purpose == Purpose::initial && node.owner != "me") {
      m_diagnostics.add(*owner,
                        "expected \"me\", the owner of all files of an initial file system, got " + describe(*owner));
    }
  }
}

void TreeReader::read_time(FileNode& node, const Config& time, const Bytes& path, const Reading& reading) {
  const bool is_initial = reading.purpose == Purpose::initial;
  if (time.is_object()) {
    if (is_initial) return m_diagnostics.add(time, "expected one time, as only answers have ranges, got an object");
    AttributeRange& range = reading.result.ranges[path];
    if (const Config* least = time.find("at_least")) range.earliest = utc_time(*least);
    const Config* most = time.find("at_most");
    if (most) range.latest = utc_time(*most);
    if (range.earliest && range.latest && *range.earliest > *range.latest) {
      m_diagnostics.add(*most, "expected a time from \"at_least\" on, got " + describe(*most));
    }
  } else if (!time.as_string().starts_with('-')) {
    node.modified_at = utc_time(time);
  } else if (is_initial) {
    node.modified_at.reset();
    if (const auto before = time_before_start(time)) reading.result.times[path] = *before;
  } else {
    m_diagnostics.add(
        time,
        "expected a time in UTC such as \"2024-01-31T12:00:00Z\", as only initial trees have times before "
        "the start, got " +
            describe(time));
  }
}

std::optional<WallTime> TreeReader::utc_time(const Config& time) {
  const std::optional<WallTime> parsed = parse_utc_time(time.as_string());
  if (!parsed) {
    m_diagnostics.add(time, "expected an existing date and time from 1970 to 2261, got " + describe(time));
  }
  return parsed;
}

std::optional<std::chrono::nanoseconds> TreeReader::time_before_start(const Config& time) {
  const std::string& text = time.as_string();
  const auto number = std::stoll(text.substr(1, text.size() - 2));
  const std::int64_t unit = text.back() == 'd' ? 86400 : text.back() == 'h' ? 3600 : text.back() == 'm' ? 60 : 1;
  if (number > oldest_days * 86400 / unit) {
    m_diagnostics.add(
        time, "expected at most " + std::to_string(oldest_days) + " days before the start, got " + describe(time));
    return std::nullopt;
  }
  return std::chrono::seconds(number * unit);
}

FileNode TreeReader::archive(const Config& value, const Bytes& path, const Reading& reading) {
  const Config& name = value.at("$archive");
  const Loaded& loaded = load(name.as_string());
  FileNode root;
  if (loaded.archive) {
    root = loaded.archive->root;
    if (reading.purpose == Purpose::answer) drop_attributes(root);
  } else {
    m_diagnostics.add(name,
                      "expected a tar file with the tree, got " + in_quotes(name.as_string()) + ": " + loaded.error);
  }
  if (const Config* added = value.find("$with")) {
    FileNode entries;
    add_entries(entries, *added, path, reading);
    put_entries(root, entries);
  }
  return root;
}

const TreeReader::Loaded& TreeReader::load(const std::string& name) {
  const auto [found, is_new] = m_loaded.try_emplace(name);
  if (is_new) {
    const std::uint64_t bytes = m_limits.disk_in_mib ? *m_limits.disk_in_mib * 1024 * 1024 : m_limits.archive_bytes;
    try {
      found->second.archive = read_archive((std::filesystem::path(m_folder) / name).string(), m_limits.entries, bytes);
    } catch (const Error& error) {
      found->second.error = error.what();
    }
  }
  return found->second;
}

std::vector<std::string> TreeReader::archive_digests(const Config& value) {
  std::vector<std::string> digests;
  if (!value.is_object()) return digests;
  for (const auto& [key, child] : value.members()) {
    if (key == "$archive" && child.is_string()) {
      const Loaded& loaded = load(child.as_string());
      digests.push_back(loaded.archive ? loaded.archive->digest : "");
    } else {
      const std::vector<std::string> below = archive_digests(child);
      digests.insert(digests.end(), below.begin(), below.end());
    }
  }
  return digests;
}

std::vector<std::string> TreeReader::archives() const {
  std::vector<std::string> names;
  for (const auto& [name, loaded] : m_loaded) names.push_back(name);
  return names;
}

void TreeReader::check_size(const Config& value, const FileNode& root) {
  Totals totals;
  measure(root, "", 0, value, totals);
  if (totals.entries > m_limits.entries) {
    m_diagnostics.add(value, "expected at most " + std::to_string(m_limits.entries) + " files and directories, got " +
                                 std::to_string(totals.entries));
  }
  if (m_limits.disk_in_mib && totals.bytes > *m_limits.disk_in_mib * 1024 * 1024) {
    m_diagnostics.add(value, "expected at most " + std::to_string(*m_limits.disk_in_mib) +
                                 " MiB (sandbox.disk_in_mib), got " + std::to_string(totals.bytes) +
                                 " bytes in blocks of " + std::to_string(block_bytes));
  }
}

void TreeReader::measure(const FileNode& node, const Bytes& path, std::size_t depth, const Config& value,
                         Totals& totals) {
  const std::uint64_t size = node.size.value_or(0);
  totals.bytes += (size + block_bytes - 1) / block_bytes * block_bytes;
  for (const auto& [name, child] : node.children) {
    ++totals.entries;
    const Bytes child_path_ = path.empty() ? name : path + "/" + name;
    const Config* named = find_entry(value, name);
    const Config& place = named ? *named : value;
    if (name.size() > m_limits.name_bytes) {
      m_diagnostics.add(place, "expected a file name of at most " + std::to_string(m_limits.name_bytes) +
                                   " bytes, got one of " + std::to_string(name.size()));
    }
    if (child_path_.size() > m_limits.path_bytes) {
      m_diagnostics.add(place, "expected a path of at most " + std::to_string(m_limits.path_bytes) +
                                   " bytes, got one of " + std::to_string(child_path_.size()));
      continue;
    }
    if (child.kind == FileKind::directory && depth == m_limits.depth) {
      m_diagnostics.add(place,
                        "expected at most " + std::to_string(m_limits.depth) + " levels of directories, got more");
      continue;
    }
    measure(child, child_path_, depth + 1, place, totals);
  }
}

std::optional<WallTime> parse_utc_time(const std::string& text) {
  const auto number = [&](std::size_t start, std::size_t length) { return std::stoi(text.substr(start, length)); };
  const std::chrono::year_month_day day(std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2))));
  const int hours = number(11, 2);
  const int minutes = number(14, 2);
  const int seconds = number(17, 2);
  const bool exists = day.ok() && hours < 24 && minutes < 60 && seconds < 60;
  if (!exists || number(0, 4) < 1970 || number(0, 4) > 2261) return std::nullopt;
  int nanoseconds = 0;
  if (text[19] == '.') {
    std::string fraction = text.substr(20, text.size() - 21);
    fraction.resize(9, '0');
    nanoseconds = std::stoi(fraction);
  }
  return WallTime(std::chrono::sys_days(day).time_since_epoch() + std::chrono::hours(hours) +
                  std::chrono::minutes(minutes) + std::chrono::seconds(seconds) +
                  std::chrono::nanoseconds(nanoseconds));
}

}  // namespace tellina
