#pragma once

/// What a task session ran with, as values.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tellina/bytes.hpp"

namespace tellina {

using EnvironmentId = std::int64_t;
/// Ids begin at 1.
inline constexpr EnvironmentId no_environment = 0;

/// A file that a configuration names.
class RecordedFile {
 public:
  RecordedFile() = default;
  std::string name;  ///< as the configuration names it
  std::string sha256;
  std::uint64_t size = 0;
  std::optional<Bytes> content{};  ///< absent if it is too large to be kept
};

/// A configuration without secrets, and its files.
class ConfigRecord {
 public:
  ConfigRecord() = default;
  std::string canonical_json;
  std::string source_name;
  std::string source_text;
  std::vector<RecordedFile> files;
};

class EnvironmentRecord {
 public:
  EnvironmentRecord() = default;
  std::string program_version;
  std::string program_commit;  ///< empty if the program was built outside of a repository
  std::string plugins;         ///< JSON: a list of objects with kind, name, version, abi_tag and file_sha256
  std::string root_digest;
  std::string image_digests;  ///< JSON: a list of strings
  std::string kernel;
  std::string machine;
  std::string limits;  ///< JSON: a list of objects with name, enforced and how
  ConfigRecord config;
};

}  // namespace tellina
