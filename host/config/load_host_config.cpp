#include "host/config/load_host_config.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <sstream>

#include "host/config/config_text.hpp"
#include "host/config/design_hash.hpp"
#include "host/config/design_reader.hpp"
#include "host/config/host_schema.hpp"
#include "host/config/json_writer.hpp"
#include "host/config/links.hpp"
#include "host/config/read_file.hpp"
#include "host/config/schema_walker.hpp"
#include "host/config/task_defaults.hpp"
#include "host/config/task_reader.hpp"
#include "host/config/text_reader.hpp"
#include "host/limits.hpp"
#include "host/study/schedule.hpp"
#include "host/study/tree_compare.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/utf8.hpp"

namespace tellina {
namespace {

constexpr std::uint32_t directory_mode = 0755;
constexpr std::uint32_t file_mode = 0644;

/// Sets the attributes that a sandbox gives to a node of an initial tree. The times of the files are those of the
/// task's start, which no answer can contain.
void fill_in_defaults(FileNode& node) {
  if (node.kind != FileKind::symlink && !node.mode) {
    node.mode = node.kind == FileKind::directory ? directory_mode : file_mode;
  }
  if (!node.owner) node.owner = "me";
  for (auto& [name, child] : node.children) fill_in_defaults(child);
}

bool has_only_line_ends(const Bytes& text) { return text.find_first_not_of("\r\n") == Bytes::npos; }

/// Why a task would pass although its participant has done nothing, as "expected ..., got ...". Empty if the task needs
/// work.
std::string why_passed_without_work(const Task& task) {
  if (task.type == TaskType::file_search || task.type == TaskType::command) return "";
  if (!task.path_answer.empty() || !task.record_answer.empty()) return "";
  if (task.type == TaskType::output) {
    if (!has_only_line_ends(task.output_answer)) return "";
    return "expected a line with text in it, got only line ends: nearly any command would pass the task";
  }
  FileTree start = task.initial;
  for (auto& [name, child] : start.root.children) fill_in_defaults(child);
  if (!compare_trees(task.initial, task.filesystem_answer, start, task.root, task.answer_ranges).passed) return "";
  return R"(expected a tree that differs from "initial_filesystem", got the same: the task would pass at once)";
}

/// Whether a shell cannot start in `directory` ("~/project") if its home is this tree. Absolute paths, links and ".."
/// can be judged only in the sandbox and count as present.
bool lacks_directory(const FileTree& home, const std::string& directory) {
  if (!directory.starts_with("~/")) return false;
  std::istringstream names(directory.substr(2));
  const FileNode* node = &home.root;
  for (std::string name; std::getline(names, name, '/');) {
    if (name.empty() || name == ".") continue;
    if (name == "..") return false;
    const auto found = node->children.find(name);
    if (found == node->children.end()) return true;
    node = &found->second;
    if (node->kind == FileKind::symlink) return false;
  }
  return node->kind != FileKind::directory;
}

/// "name", "*.name", "*", or an address, with or without the brackets of IPv6.
bool is_host_pattern(const std::string& text) {
  if (text == "*") return true;
  std::array<unsigned char, sizeof(in6_addr)> binary{};
  const bool is_bracketed = text.starts_with('[') && text.ends_with(']');
  const std::string address = is_bracketed ? text.substr(1, text.size() - 2) : text;
  if (text.find('\0') != std::string::npos) return false;
  if (inet_pton(AF_INET6, address.c_str(), binary.data()) == 1) return true;
  const std::string name = text.starts_with("*.") ? text.substr(2) : text;
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
                              std::string::npos;
}

class Loader {
 public:
  Loader(std::string_view text, const std::string& file, const PluginSchemas& plugins)
      : m_file(file),
        m_source(text),
        m_folder(std::filesystem::absolute(file).parent_path()),
        m_plugins(plugins),
        m_diagnostics(file),
        m_texts(m_folder.string(), m_diagnostics),
        m_document(read_config_text(text, file, m_diagnostics)),
        m_root(with_task_defaults(m_document.root)),
        m_schema(make_host_schema(plugins, named_plugins())) {}

  HostConfig load() {
    check_entry();
    SchemaWalker walker(m_schema.schema, m_document.keys, m_diagnostics);
    walker.check(m_root, m_schema.schema);
    if (!m_root.is_object()) m_diagnostics.throw_if_any();
    check_plugins();
    check_study_texts();
    check_address();
    check_trusted_proxies();
    check_hosts();
    check_certificate();
    check_public_url();
    check_access_codes();
    std::vector<Task> tasks = read_tasks();
    Design design = read_whole_design();
    m_diagnostics.throw_if_any();
    for (const auto& [name, content] : m_texts.files()) add_file(name);
    for (const auto& [name, picture] : m_texts.pictures()) add_file(name);
    m_recorded.copies = copy_without_secrets(m_document, m_source, m_file, walker.secrets());
    return host_config(std::move(tasks), std::move(design));
  }

 private:
  const Config* find(const char* key, Config::Kind kind) const {
    const Config* found = m_root.find(key);
    return found && found->kind() == kind ? found : nullptr;
  }

  /// The plugins of the sections, or the defaults. A section that is not an object, or whose "plugin" is not a string,
  /// gets its error from the schema.
  NamedPlugins named_plugins() const {
    NamedPlugins named;
    for (const PluginKind kind : {PluginKind::channel_layer, PluginKind::ordering_policy, PluginKind::sandbox}) {
      const Config* section = m_root.is_object() ? find(section_key(kind), Config::Kind::object) : nullptr;
      const Config* name = section ? section->find("plugin") : nullptr;
      named[kind] = name && name->is_string() ? name->as_string() : default_plugin(kind);
    }
    return named;
  }

  void check_plugins() {
    for (const PluginKind kind : {PluginKind::channel_layer, PluginKind::ordering_policy, PluginKind::sandbox}) {
      const Config* section = find(section_key(kind), Config::Kind::object);
      if (m_root.find(section_key(kind)) && !section) continue;
      const Config* named = section ? section->find("plugin") : nullptr;
      if (named && !named->is_string()) continue;
      check_plugin(kind, section, named);
    }
  }

  void check_plugin(PluginKind kind, const Config* section, const Config* named) {
    const std::string name = named ? named->as_string() : default_plugin(kind);
    const std::vector<std::string> installed = m_plugins.names(kind);
    const bool found = std::find(installed.begin(), installed.end(), name) != installed.end();
    const Config& at = named ? *named : section ? *section : m_root;
    const TextPlace place{.line = at.line(), .column = at.column()};
    const std::string path = std::string(section_key(kind)) + ".plugin";
    const std::string got = ", got " + in_quotes(name) + (named ? "" : " (the default)");
    const auto broken = m_schema.broken.find({kind, name});
    if (broken != m_schema.broken.end()) {
      m_diagnostics.add(
          place, path,
          std::string("expected a plugin that can be used as the ") + to_string(kind) + got + ": " + broken->second);
    } else if (installed.empty()) {
      m_diagnostics.add(place, path,
                        std::string("expected an installed ") + to_string(kind) + got + "; none is installed");
    } else if (!found && !(named && section)) {
      m_diagnostics.add(
          place, path,
          std::string("expected an installed ") + to_string(kind) + " (" + listed(installed, "or") + ")" + got);
    }
  }

  void check_study_texts() {
    const Config* study = find("study", Config::Kind::object);
    for (const char* key : {"title", "contact"}) {
      const Config* text = study ? study->find(key) : nullptr;
      if (!text || !text->is_string() || text->as_string().empty() || is_printable(text->as_string())) continue;
      m_diagnostics.add(*text, "expected printable characters only, got " + describe(*text));
    }
  }

  void check_address() {
    const Config* server = find("server", Config::Kind::object);
    const Config* address = server ? server->find("address") : nullptr;
    if (!address || !address->is_string() || address->as_string().empty()) return;
    std::array<unsigned char, sizeof(in6_addr)> binary{};
    const std::string& text = address->as_string();
    const bool numeric =
        text.find('\0') == std::string::npos &&
        (inet_pton(AF_INET, text.c_str(), binary.data()) == 1 || inet_pton(AF_INET6, text.c_str(), binary.data()) == 1);
    if (!numeric && text != "localhost") {
      m_diagnostics.add(
          *address, "expected an IP address such as \"127.0.0.1\", \"0.0.0.0\" or \"::1\", got " + describe(*address));
    }
  }

  void check_trusted_proxies() {
    const Config* server = find("server", Config::Kind::object);
    const Config* proxies = server ? server->find("trusted_proxies") : nullptr;
    if (!proxies || proxies->kind() != Config::Kind::array) return;
    for (const Config& proxy : proxies->items()) {
      if (!proxy.is_string()) continue;
      const AddressRangeText read = read_address_range(proxy.as_string());
      if (read.range) continue;
      const std::string meant = read.suggestion.empty() ? "" : "; did you mean " + in_quotes(read.suggestion) + "?";
      m_diagnostics.add(proxy, "expected " + read.expected + ", got " + describe(proxy) + meant);
    }
  }

  void check_hosts() {
    const Config* server = find("server", Config::Kind::object);
    const Config* hosts = server ? server->find("hosts") : nullptr;
    if (!hosts || hosts->kind() != Config::Kind::array) return;
    for (const Config& host : hosts->items()) {
      if (!host.is_string() || host.as_string().empty() || is_host_pattern(host.as_string())) continue;
      m_diagnostics.add(host,
                        "expected a host name such as \"study.example.org\" or \"*.example.org\", an IP address, or "
                        "\"*\", without a port, got " +
                            describe(host));
    }
  }

  void check_certificate() {
    const Config* server = find("server", Config::Kind::object);
    const Config* certificate = server ? server->find("certificate") : nullptr;
    const Config* key = server ? server->find("key") : nullptr;
    if (!certificate && !key) return;
    if (!certificate || !key) {
      return m_diagnostics.add(*server, std::string("expected \"certificate\" and \"key\", got only \"") +
                                            (key ? "key" : "certificate") + "\"");
    }
  }

  std::string absolute_path(const std::string& file) const { return (m_folder / file).lexically_normal().string(); }

  void check_public_url() {
    const Config* server = find("server", Config::Kind::object);
    const Config* url = server ? server->find("public_url") : nullptr;
    if (!url || !url->is_string() || url->as_string().empty()) return;
    const Config* base_path = server->find("base_path");
    const auto expected =
        find_public_url_fault(url->as_string(), base_path && base_path->is_string() ? base_path->as_string() : "");
    if (expected) m_diagnostics.add(*url, "expected " + *expected + ", got " + describe(*url));
  }

  void check_entry() {
    if (!m_root.is_object() || m_root.find("access_codes")) return;
    const Config* entry = find("entry", Config::Kind::object);
    if (entry && entry->find("open_link")) return;
    m_diagnostics.add(m_root, "expected the key \"access_codes\", got none");
  }

  void check_access_codes() {
    const Config* codes = find("access_codes", Config::Kind::array);
    if (!codes) return;
    for (const Config& code : codes->items()) {
      if (!code.is_string() || code.as_string().empty()) continue;
      const std::string& text = code.as_string();
      const auto characters = std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xc0) != 0x80; });
      // Messages about a code do not quote it, because they get into the log.
      if (!is_printable(text))
        m_diagnostics.add(code, "expected printable characters only, got at least one that is not printable");
      // The schema already reports codes with more than 100 characters.
      if (text.size() > limits::access_code && characters <= static_cast<std::ptrdiff_t>(limits::access_code)) {
        m_diagnostics.add(code, "expected at most " + std::to_string(limits::access_code) + " bytes, got " +
                                    std::to_string(text.size()) + " bytes");
      }
    }
  }

  std::vector<Task> read_tasks() {
    std::vector<Task> tasks;
    const Config* items = find("tasks", Config::Kind::array);
    if (!items) return tasks;
    TreeLimits limits;
    limits.disk_in_mib = disk_in_mib();
    TreeReader trees(m_folder.string(), limits, m_diagnostics);
    const Feedback study_feedback = m_root.find("feedback") && m_root.at("feedback").is_string()
                                        ? read_feedback(m_root, Feedback::counts)
                                        : Feedback::counts;
    const Config& task_schema = m_schema.schema.at("$defs").at("task");
    std::size_t number = 0;
    for (const Config& item : items->items()) {
      ++number;
      Diagnostics known(m_file);
      SchemaWalker(m_schema.schema, m_document.keys, known).check(item, task_schema);
      if (!known.empty()) continue;
      Task task = read_task(item, number, m_folder.string(), trees, m_texts, study_feedback);
      check_id(item, task, tasks);
      set_working_directory(item, task);
      // A tree with errors is incomplete.
      if (m_diagnostics.empty()) check_answer(item, task);
      add_checker_files(item, task);
      tasks.push_back(std::move(task));
    }
    for (const std::string& name : trees.archives()) add_file(name);
    return tasks;
  }

  /// `name`: relative to the configuration's folder, or absolute.
  void add_file(const std::string& name) { m_recorded.files[name] = absolute_path(name); }

  void add_checker_files(const Config& item, const Task& task) {
    const Config* check = item.find("check");
    const Config* folder = check && check->is_object() ? check->find("folder") : nullptr;
    if (folder && folder->is_string()) add_files_below(folder->as_string(), task.checker.folder.root);
  }

  void add_files_below(const std::string& folder, const FileNode& node) {
    for (const auto& [name, child] : node.children) {
      const std::string path = (std::filesystem::path(folder) / name).string();
      if (child.kind == FileKind::regular) add_file(path);
      add_files_below(path, child);
    }
  }

  /// The ids of all tasks, also of those that have errors.
  std::vector<std::string> task_ids() const {
    std::vector<std::string> ids;
    const Config* items = find("tasks", Config::Kind::array);
    for (std::size_t index = 0; items && index < items->items().size(); ++index) {
      const Config& item = items->items()[index];
      const Config* id = item.is_object() ? item.find("id") : nullptr;
      ids.push_back(id && id->is_string() ? id->as_string() : "task-" + std::to_string(index + 1));
    }
    return ids;
  }

  /// An empty design if one of its sections does not fit the schema.
  Design read_whole_design() {
    const Config& properties = m_schema.schema.at("properties");
    Diagnostics known(m_file);
    for (const char* const key :
         {"study", "entry", "blocks", "treatments", "assignment", "questionnaires", "flow", "completion"}) {
      const Config* section = m_root.find(key);
      if (section) SchemaWalker(m_schema.schema, m_document.keys, known).check(*section, properties.at(key));
    }
    if (!known.empty()) return {};
    const std::vector<std::string> ids = task_ids();
    DesignSources sources{ids, m_texts, m_diagnostics};
    Design design = read_design(m_root, sources);
    design.hash = design_hash(m_root, design);
    return design;
  }

  /// `others`: those before it.
  void check_id(const Config& item, const Task& task, const std::vector<Task>& others) {
    const auto same =
        std::find_if(others.begin(), others.end(), [&](const Task& other) { return other.id == task.id; });
    if (same == others.end()) return;
    const Config* id = item.find("id");
    m_diagnostics.add(id ? *id : item, "expected an id that no other task has, got " + in_quotes(task.id) +
                                           (id ? "" : " (the default)") + ", which the task at " + same->place +
                                           " has too");
  }

  void check_answer(const Config& item, const Task& task) {
    const std::string why = why_passed_without_work(task);
    if (!why.empty()) m_diagnostics.add(item.at("answer"), why);
  }

  /// The task's own, or that of the sandbox section.
  void set_working_directory(const Config& item, Task& task) {
    const Config* section = find("sandbox", Config::Kind::object);
    const Config* own = item.find("working_directory");
    const Config* directory = own ? own : section ? section->find("working_directory") : nullptr;
    if (!directory || !directory->is_string()) return;
    task.working_directory = directory->as_string();
    if (!lacks_directory(task.initial, task.working_directory)) return;
    const Config* initial = item.find("initial_filesystem");
    m_diagnostics.add(initial ? *initial : item, "expected a tree with the directory " + describe(*directory) +
                                                     ", where the shell starts (" + directory->path() + "), got none");
  }

  /// The value of the section, or the default in the plugin's schema.
  std::optional<std::uint64_t> disk_in_mib() const {
    const Config* section = find("sandbox", Config::Kind::object);
    const Config* size = section ? section->find("disk_in_mib") : nullptr;
    if (!size) {
      const Config* named = section ? section->find("plugin") : nullptr;
      const std::string name = named && named->is_string() ? named->as_string() : default_plugin(PluginKind::sandbox);
      const Config* schema = m_schema.schema.at("$defs").find("sandbox_" + name);
      const Config* property = schema ? schema->at("properties").find("disk_in_mib") : nullptr;
      size = property && property->is_object() ? property->find("default") : nullptr;
    }
    const bool usable = size && size->kind() == Config::Kind::integer && size->as_integer() > 0 &&
                        size->as_integer() < std::int64_t{1} << 40;
    return usable ? std::optional<std::uint64_t>(size->as_integer()) : std::nullopt;
  }

  PluginChoice choice(PluginKind kind) const {
    const Config* section = m_root.find(section_key(kind));
    PluginChoice result;
    result.section = section ? *section : Config();
    result.name = result.section.string_or("plugin", default_plugin(kind));
    if (!result.section.find("plugin")) {
      result.section = with_members(result.section, {{"plugin", make_string(result.name)}});
    }
    return result;
  }

  HostConfig host_config(std::vector<Task> tasks, Design design) const {
    HostConfig config;
    config.file = m_file;
    if (const Config* server = m_root.find("server")) {
      config.server.address = server->string_or("address", config.server.address);
      if (config.server.address == "localhost") config.server.address = "127.0.0.1";
      config.server.port = static_cast<std::uint16_t>(server->integer_or("port", config.server.port));
      config.server.base_path = server->string_or("base_path", config.server.base_path);
      config.server.connections_per_address = static_cast<std::size_t>(server->integer_or(
          "connections_per_address", static_cast<std::int64_t>(config.server.connections_per_address)));
      if (const Config* proxies = server->find("trusted_proxies")) {
        for (const Config& proxy : proxies->items()) {
          config.server.trusted_proxies.push_back(read_address_range(proxy.as_string()).range.value());
        }
      }
      if (const Config* hosts = server->find("hosts")) {
        for (const Config& host : hosts->items()) config.server.hosts.push_back(host.as_string());
      }
      if (const Config* certificate = server->find("certificate")) {
        config.server.certificate = absolute_path(certificate->as_string());
        config.server.key = absolute_path(server->at("key").as_string());
      }
      config.server.hsts = std::chrono::seconds(server->integer_or("hsts_in_seconds", 0));
      config.server.shows_metrics_to_all = server->string_or("metrics", "loopback") == "all";
      config.server.public_url = server->string_or("public_url", "");
    }
    config.database = (m_folder / m_root.string_or("database", "db.sqlite3")).lexically_normal().string();
    if (const Config* recording = m_root.find("recording")) {
      config.keeps_bytes = recording->bool_or("bytes", config.keeps_bytes);
      config.records_states = recording->string_or("states", "changes") == "changes";
      config.state_content = static_cast<std::uint64_t>(recording->integer_or("states_in_mib", 64)) * 1024 * 1024;
      config.masks_secrets = recording->string_or("secrets", "mask") == "mask";
      // The schema allows these names only.
      const std::string name = recording->string_or("durability", "second");
      for (const auto& [spelling, durability] : durabilities) {
        if (name == spelling) config.durability = durability;
      }
    }
    config.workers = static_cast<std::size_t>(m_root.integer_or("workers", static_cast<std::int64_t>(config.workers)));
    config.channel_layer = choice(PluginKind::channel_layer);
    config.ordering = choice(PluginKind::ordering_policy);
    config.sandbox = choice(PluginKind::sandbox);
    const Config& sandbox = config.sandbox.section;
    config.sandbox_pool =
        static_cast<std::size_t>(sandbox.integer_or("pool", static_cast<std::int64_t>(config.sandbox_pool)));
    if (const Config* codes = m_root.find("access_codes")) {
      for (const Config& code : codes->items()) config.access_codes.push_back(code.as_string());
    }

    auto study = std::make_shared<Study>();
    if (const Config* texts = m_root.find("study")) {
      study->title = texts->string_or("title", study->title);
      study->contact = texts->string_or("contact", study->contact);
    }
    study->tasks = std::move(tasks);
    study->design = std::move(design);
    const double nanoseconds = m_root.at("task_duration_in_seconds").as_number() * 1e9;
    study->task_duration = std::chrono::nanoseconds(std::max<std::int64_t>(1, std::llround(nanoseconds)));
    config.study = std::move(study);
    for (const auto& [name, picture] : m_texts.pictures()) config.pictures.push_back(picture);
    config.warnings = m_texts.warnings().lines();
    config.recorded = std::make_shared<const RecordedConfig>(m_recorded);
    return config;
  }

  const std::string& m_file;
  const std::string_view m_source;
  const std::filesystem::path m_folder;
  const PluginSchemas& m_plugins;
  Diagnostics m_diagnostics;
  TextReader m_texts;
  const ConfigDocument m_document;
  const Config m_root;  ///< with the defaults in each task
  const HostSchema m_schema;
  RecordedConfig m_recorded;
};

}  // namespace

HostConfig load_host_config(const std::string& file, const PluginSchemas& plugins) {
  Bytes text;
  try {
    text = read_file(file, limits::config_file);
  } catch (const Error& error) {
    throw ConfigError(error.what());
  }
  return parse_host_config(text, file, plugins);
}

HostConfig parse_host_config(std::string_view text, const std::string& file, const PluginSchemas& plugins) {
  return Loader(text, file, plugins).load();
}

std::vector<std::string> read_plugin_folders(const std::string& file) {
  std::vector<std::string> folders;
  try {
    Diagnostics ignored(file);
    const ConfigDocument document = read_config_text(read_file(file, limits::config_file), file, ignored);
    const Config* plugins = document.root.is_object() ? document.root.find("plugins") : nullptr;
    if (!plugins || !plugins->is_array()) return {};
    const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
    for (const Config& item : plugins->items()) {
      if (!item.is_string() || item.as_string().empty()) return {};
      folders.push_back((folder / item.as_string()).lexically_normal().string());
    }
  } catch (const Error&) {
    return {};
  }
  return folders;
}

}  // namespace tellina
