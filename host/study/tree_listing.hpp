#pragma once

/// Homes as text: what the record keeps of their states. Pure.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "tellina/bytes.hpp"
#include "tellina/file_tree.hpp"

namespace tellina {

/// A name (see HomeNames) as a listing has it: "%" and every byte outside of printable ASCII as "%" and two upper-case
/// hexadecimal digits. The home itself is ".".
std::string listed_name(BytesView name);

/// One entry of a listing.
class ListedEntry {
 public:
  bool operator==(const ListedEntry&) const = default;

  FileKind kind = FileKind::directory;
  std::uint32_t mode = 0;
  std::string owner;
  std::optional<std::uint64_t> size{};    ///< of a regular file
  std::optional<WallTime> modified_at{};  ///< absent: as at the start
  /// Of a regular file the SHA-256 of its content, empty if unknown; of a link its target, coded like a name.
  std::string content;
};

/// The times of a home's entries when its sandbox started, by listed name.
using StartTimes = std::map<std::string, WallTime>;

StartTimes start_times_of(const FileTree& home);

/// A home, entry by entry. Equal homes have equal texts, whichever sandbox they are in.
class TreeListing {
 public:
  std::map<std::string, ListedEntry> entries;  ///< by listed name
  bool is_truncated = false;                   ///< there is more
  std::uint64_t content_size = 0;              ///< bytes of the regular files of at most limits::kept_content bytes

  /// A JSON array per line, in the order of the names as octets: name, kind ("directory", "file", "link", "other"),
  /// mode ("0644"), owner, size, time of the last change, SHA-256 or target. What an entry does not have, or what is
  /// not known, is null, and so is a time as at the start.
  std::string text() const;
};

/// `before`, if not null, is an earlier listing of the same sandbox: it gives the digest of a file whose content the
/// snapshot left out and whose other attributes are the same. A listing stops at limits::home_listing bytes.
TreeListing list_tree(const FileTree& home, const StartTimes& start, const TreeListing* before);

/// What differs between two listings.
class ListedChanges {
 public:
  /// A JSON array: entries that are new or different, as in the listing, and ["name"] for those that are gone, in the
  /// order of the names.
  std::string json = "[]";
  std::int64_t count = 0;  ///< of its entries, without the home itself
};

ListedChanges listed_changes(const TreeListing& before, const TreeListing& after);

/// The reverse of TreeListing::text(), without its flag. Throws Error(bad_request) for another text.
TreeListing parse_listing(const std::string& text);
/// Applies the JSON of ListedChanges. Throws Error(bad_request) for another text.
void apply_changes(TreeListing& listing, const std::string& changes);

/// Finds what a listing does not have.
class ListedContents {
 public:
  /// The content with this SHA-256; absent if nobody has it.
  std::function<std::optional<Bytes>(const std::string& sha256)> find;
  /// Whether the content of this file is needed, by its name (see HomeNames).
  std::function<bool(const Bytes& name)> is_needed;
};

/// A home as the listing says. Times as at the start are those of `initial`, or `start` where it has none.
FileTree tree_of(const TreeListing& listing, const ListedContents& contents, const FileTree& initial, WallTime start);

}  // namespace tellina
