#include "host/plugins/plugin_note.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "host/limits.hpp"
#include "host/text/utf8.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/descriptor.hpp"
#include "tellina/ordering_policy.hpp"
#include "tellina/sandbox.hpp"

namespace tellina {
namespace {

[[noreturn]] void refuse(const std::string& file, const std::string& why, ErrorCode code = ErrorCode::bad_config) {
  throw Error(code, file + ": " + why);
}

/// The sections of a shared object. Every number in the file is checked before it is used.
class ElfFile {
 public:
  explicit ElfFile(const std::filesystem::path& file) : m_file(file.string()) {
    // A FIFO must not block the program.
    m_descriptor.reset(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!m_descriptor && (errno == ENOENT || errno == ENOTDIR)) {
      refuse(m_file, "expected a plugin, found no such file", ErrorCode::not_found);
    }
    struct stat status {};
    if (!m_descriptor || ::fstat(m_descriptor.get(), &status) != 0) {
      refuse(m_file, "expected a plugin, found a file that cannot be read: " + std::generic_category().message(errno));
    }
    if (!S_ISREG(status.st_mode)) refuse(m_file, "expected a plugin, found something that is not a regular file");
    read_sections();
  }

  /// Its first `most` bytes; nothing if there is no such section. Unless cut, at most limits::plugin_section bytes.
  std::optional<std::string> section(std::string_view name, std::uint64_t most = ~std::uint64_t{0}) const {
    for (const ElfW(Shdr) & header : m_sections) {
      if (header.sh_name >= m_names.size() || m_names.c_str() + header.sh_name != name) continue;
      return header.sh_type == SHT_NOBITS ? std::string()
                                          : read(header.sh_offset, std::min<std::uint64_t>(header.sh_size, most));
    }
    return std::nullopt;
  }

  /// Whether its dynamic symbols, defined or not, include this name.
  bool has_symbol(std::string_view name) const {
    const std::string symbols = section(".dynsym").value_or("");
    const std::string names = section(".dynstr").value_or("");
    for (std::size_t at = 0; at + sizeof(ElfW(Sym)) <= symbols.size(); at += sizeof(ElfW(Sym))) {
      ElfW(Sym) symbol{};
      std::memcpy(&symbol, symbols.data() + at, sizeof symbol);
      if (symbol.st_name < names.size() && names.c_str() + symbol.st_name == name) return true;
    }
    return false;
  }

 private:
  void read_sections() {
    const std::string start = read(0, sizeof(ElfW(Ehdr)), Missing::is_allowed);
    ElfW(Ehdr) header{};
    if (start.size() == sizeof header) std::memcpy(&header, start.data(), sizeof header);
    constexpr unsigned char native_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
    constexpr unsigned char native_data = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != native_class ||
        header.e_ident[EI_DATA] != native_data || header.e_type != ET_DYN) {
      refuse(m_file, "expected a shared object for this machine, found another kind of file");
    }
    if (header.e_shnum == 0 || header.e_shentsize != sizeof(ElfW(Shdr)) || header.e_shstrndx >= header.e_shnum) {
      refuse(m_file, "expected a shared object with a table of sections, found none");
    }
    const std::string table = read(header.e_shoff, std::size_t{header.e_shnum} * sizeof(ElfW(Shdr)));
    m_sections.resize(header.e_shnum);
    std::memcpy(m_sections.data(), table.data(), table.size());
    m_names = read(m_sections[header.e_shstrndx].sh_offset, m_sections[header.e_shstrndx].sh_size);
  }

  enum class Missing { is_allowed, is_damage };

  std::string read(std::uint64_t offset, std::uint64_t size, Missing missing = Missing::is_damage) const {
    const auto damaged = [this]() { refuse(m_file, "expected a whole shared object, found a damaged one"); };
    if (size > limits::plugin_section || offset > std::uint64_t{1} << 62) damaged();
    std::string text(size, '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
      const ssize_t count =
          ::pread(m_descriptor.get(), text.data() + filled, text.size() - filled, static_cast<off_t>(offset + filled));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      filled += static_cast<std::size_t>(count);
    }
    if (filled < text.size() && missing == Missing::is_damage) damaged();
    text.resize(filled);
    return text;
  }

  const std::string m_file;
  Descriptor m_descriptor;
  std::vector<ElfW(Shdr)> m_sections;
  std::string m_names;
};

/// Up to the first zero byte.
std::string text_of(const std::string& section) { return section.c_str(); }

/// Refuses a text that no note of this size can have, or that a message cannot quote: it could control the terminal.
void check_note(const std::string& file, const char* what, const std::string& text, std::size_t size) {
  if (text.size() < size && is_printable(text)) return;
  std::string why = "expected ";
  why.append(what).append(" of at most ").append(std::to_string(size - 1));
  why.append(" printable bytes, found another text: build the plugin again with this program's SDK");
  refuse(file, why, ErrorCode::incompatible);
}

std::vector<std::string> parts_of(std::string_view tag) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = tag.find('/');
    parts.emplace_back(tag.substr(0, end));
    if (end == std::string_view::npos) return parts;
    tag.remove_prefix(end + 1);
  }
}

/// The parts of a tag, in their order. The text says what to do if the part differs and the plugin has `found`, the
/// program `wanted`.
using Remedy = std::string (*)(const std::string& wanted, const std::string& found);
const std::array<Remedy, 7> remedies = {
    [](const std::string& wanted, const std::string& found) {
      return "build the plugin with the SDK of this program (" + wanted + "), not of another version (" + found + ")";
    },
    [](const std::string& wanted, const std::string& found) {
      if (wanted == "libstdc++6-cxx11" && found == "libstdc++6-cxx98") {
        return std::string("build the plugin without -D_GLIBCXX_USE_CXX11_ABI=0");
      }
      if (wanted.starts_with("libstdc++") && found.starts_with("libc++")) {
        return std::string("build the plugin with -stdlib=libstdc++");
      }
      return "build the plugin with the standard library of this program (" + wanted + "), not with " + found;
    },
    [](const std::string& wanted, const std::string&) {
      return std::string("build the plugin ") + (wanted == "debug" ? "with" : "without") + " -D_GLIBCXX_DEBUG";
    },
    [](const std::string& wanted, const std::string&) {
      return std::string("build the plugin ") + (wanted == "rtti" ? "without" : "with") + " -fno-rtti";
    },
    [](const std::string& wanted, const std::string&) {
      return std::string("build the plugin ") + (wanted == "exceptions" ? "without" : "with") + " -fno-exceptions";
    },
    [](const std::string& wanted, const std::string& found) {
      const auto option = [](const std::string& tag) {
        return tag == "asan" ? "-fsanitize=address" : tag == "tsan" ? "-fsanitize=thread" : "-fsanitize=memory";
      };
      if (wanted == "no-sanitizer") return std::string("build the plugin without ") + option(found);
      return std::string("build the plugin with ") + option(wanted);
    },
    [](const std::string&, const std::string&) {
      return std::string(
          "the classes of the SDK have other layouts in it: build the plugin with the headers of this program's SDK, "
          "and without options that change layouts, such as -fpack-struct");
    },
};

std::string remedy_for(const std::string& wanted, const std::string& found) {
  const std::vector<std::string> ours = parts_of(wanted);
  const std::vector<std::string> theirs = parts_of(found);
  if (theirs.size() != remedies.size()) return "build the plugin again with this program's SDK";
  // Another version of the SDK, or another library, explains every other difference.
  for (std::size_t i : {0, 1}) {
    if (ours[i] != theirs[i]) return remedies[i](ours[i], theirs[i]);
  }
  std::string text;
  // A debug mode changes layouts too.
  const std::size_t compared = ours[2] == theirs[2] ? ours.size() : ours.size() - 1;
  for (std::size_t i = 2; i < compared; ++i) {
    if (ours[i] != theirs[i]) text += (text.empty() ? "" : "; ") + remedies[i](ours[i], theirs[i]);
  }
  return text;
}

const std::array<std::pair<PluginKind, const char*>, 3> own_tags = {{
    {PluginKind::channel_layer, abi_tag<PluginKind::channel_layer>.data()},
    {PluginKind::ordering_policy, abi_tag<PluginKind::ordering_policy>.data()},
    {PluginKind::sandbox, abi_tag<PluginKind::sandbox>.data()},
}};

/// "sandbox" in ".../sandbox-0123456789abcdef".
std::string kind_in(const std::string& tag) {
  const std::string last = parts_of(tag).back();
  return last.substr(0, last.find('-'));
}

}  // namespace

PluginKind check_abi_tag(const std::string& file, const std::string& found) {
  for (const auto& [kind, tag] : own_tags) {
    if (found == tag) return kind;
  }
  check_note(file, "an ABI tag", found, sizeof(AbiTag));
  std::string wanted = own_tags.front().second;
  for (const auto& [kind, tag] : own_tags) {
    if (kind_in(tag) == kind_in(found)) wanted = tag;
  }
  refuse(
      file,
      "expected the ABI tag \"" + wanted + "\" of this program, found \"" + found + "\": " + remedy_for(wanted, found),
      ErrorCode::incompatible);
}

PluginNote read_plugin_note(const std::filesystem::path& file) {
  PluginNote note;
  note.file = file.string();
  const ElfFile elf(file);
  const std::optional<std::string> tag = elf.section(".tellina_tag", sizeof(AbiTag));
  if (!tag) {
    if (!elf.has_symbol("tellina_plugin")) {
      refuse(note.file, "expected a plugin (the symbol tellina_plugin), found a shared object without it");
    }
    refuse(note.file,
           "expected a plugin with an ABI tag, found one that an older SDK built, or that TELLINA_PLUGIN did not "
           "write: build the plugin again with this program's SDK",
           ErrorCode::incompatible);
  }
  note.kind = check_abi_tag(note.file, text_of(*tag));
  note.name = text_of(elf.section(".tellina_name", sizeof(PluginNameNote)).value_or(""));
  if (note.name.empty()) {
    refuse(note.file, "expected a constant name in TELLINA_PLUGIN, such as a string literal, found none");
  }
  check_note(note.file, "a name", note.name, sizeof(PluginNameNote));
  return note;
}

}  // namespace tellina
