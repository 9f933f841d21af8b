#include "plugins/sandbox_docker/image_users.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string_view>

#include "plugins/sandbox_init/init_protocol.hpp"

namespace tellina::docker_sandbox {
namespace {

constexpr std::string_view me = "me:";
constexpr la_int64_t largest_file = 1024 * 1024;

std::string sandbox_user() { return std::to_string(init_protocol::sandbox_user); }

/// A line of passwd(5) or group(5), in which `numbers` fields from the third on are replaced.
std::string renumber(const std::string& line, int numbers, const std::string& number) {
  std::istringstream fields(line);
  std::string result;
  std::string field;
  for (int i = 0; std::getline(fields, field, ':'); ++i) {
    if (i > 0) result += ':';
    result += i >= 2 && i < 2 + numbers ? number : field;
  }
  return line.ends_with(':') ? result + ':' : result;
}

std::string renumber_me(const std::string& text, int numbers, std::uint32_t number) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    result += (line.starts_with(me) ? renumber(line, numbers, std::to_string(number)) : line) + "\n";
  }
  return result;
}

/// Whether the line of `me` has these fields, all with the number 1000.
bool has_me(const std::string& text, int numbers) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(me)) continue;
    const bool has_fields = std::count(line.begin(), line.end(), ':') > numbers;
    return has_fields && renumber(line, numbers, sandbox_user()) == line;
  }
  return false;
}

/// Of a user: its own and its group's.
constexpr int user_numbers = 2;
constexpr int group_numbers = 1;

}  // namespace

std::optional<ImageUsers> ImageUsers::of(std::string users, std::string groups) {
  if (!has_me(users, user_numbers) || !has_me(groups, group_numbers)) return {};
  return ImageUsers(std::move(users), std::move(groups));
}

std::string ImageUsers::users_with(std::uint32_t number) const { return renumber_me(m_users, user_numbers, number); }

std::string ImageUsers::groups_with(std::uint32_t number) const { return renumber_me(m_groups, group_numbers, number); }

std::optional<std::string> only_file_in(const std::string& text) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(), &archive_read_free);
  archive_entry* entry = nullptr;
  if (!reader || archive_read_support_format_tar(reader.get()) != ARCHIVE_OK ||
      archive_read_open_memory(reader.get(), text.data(), text.size()) != ARCHIVE_OK ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) {
    return {};
  }
  const la_int64_t size = archive_entry_size(entry);
  if (archive_entry_filetype(entry) != AE_IFREG || size < 0 || size > largest_file) return {};
  std::string content(static_cast<std::size_t>(size), '\0');
  if (archive_read_data(reader.get(), content.data(), content.size()) != size) return {};
  return content;
}

}  // namespace tellina::docker_sandbox
