#include "host/config/tree_reader.hpp"

#include <filesystem>

#include "host/text/message_parts.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

constexpr std::uint64_t block_bytes = 4096;

void drop_attributes(FileNode& node) {
  node.mode.reset();
  node.modified_at.reset();
  node.owner.reset();
  for (auto& child : node.children) drop_attributes(child.second);
}

}  // namespace

FileTree TreeReader::read(const Config& value, Purpose purpose) {
  FileTree tree;
  tree.root = entry(value, purpose);
  check_size(value, tree.root);
  return tree;
}

FileNode TreeReader::entry(const Config& value, Purpose purpose) {
  if (value.is_null()) {
    return purpose == Purpose::initial ? FileNode::regular("") : FileNode(FileKind::regular);
  }
  if (value.is_string()) return FileNode::regular(value.as_string());
  if (const Config* attributes = value.find("$file")) return file(*attributes, purpose);
  if (const Config* name = value.find("$archive")) return archive(*name, purpose);
  if (const Config* target = value.find("$link")) {
    if (target->as_string().find('\0') != std::string::npos || target->as_string().size() > m_limits.path_bytes) {
      m_diagnostics.add(*target, "expected a link target of at most " + std::to_string(m_limits.path_bytes) +
                                     " bytes without NUL, got " + describe(*target));
    }
    return FileNode::symlink(target->as_string());
  }
  FileNode directory;
  for (const auto& [name, child] : value.members()) directory.children.emplace(name, entry(child, purpose));
  return directory;
}

FileNode TreeReader::file(const Config& attributes, Purpose purpose) {
  const bool initial = purpose == Purpose::initial;
  FileNode node(FileKind::regular);
  const Config* content = attributes.find("content");
  const Config* size = attributes.find("size");
  if (content && size) m_diagnostics.add(*size, "expected either \"content\" or \"size\", got both");
  if (content) {
    node = FileNode::regular(content->as_string());
  } else if (size) {
    node.size = static_cast<std::uint64_t>(size->as_integer());
  } else if (initial) {
    node = FileNode::regular("");
  }
  if (const Config* mode = attributes.find("mode")) {
    node.mode = static_cast<std::uint32_t>(std::stoul(mode->as_string(), nullptr, 8));
  }
  if (const Config* time = attributes.find("mtime")) {
    node.modified_at = parse_utc_time(time->as_string());
    if (!node.modified_at) {
      m_diagnostics.add(*time, "expected an existing date and time from 1970 to 2261, got " + describe(*time));
    }
  }
  if (const Config* owner = attributes.find("owner")) {
    node.owner = owner->as_string();
    if (initial && node.owner != "me") {
      m_diagnostics.add(*owner,
                        "expected \"me\", the owner of all files of an initial file system, got " + describe(*owner));
    }
  }
  return node;
}

FileNode TreeReader::archive(const Config& name, Purpose purpose) {
  const Loaded& loaded = load(name.as_string());
  if (!loaded.archive) {
    m_diagnostics.add(name,
                      "expected a tar file with the tree, got " + in_quotes(name.as_string()) + ": " + loaded.error);
    return FileNode();
  }
  FileNode root = loaded.archive->root;
  if (purpose == Purpose::answer) drop_attributes(root);
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
    const Config* named = value.is_object() ? value.find(name) : nullptr;
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
