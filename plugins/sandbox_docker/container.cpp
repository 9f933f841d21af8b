#include "plugins/sandbox_docker/container.hpp"

#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>

#include "plugins/sandbox_common/hidden_files.hpp"
#include "plugins/sandbox_docker/seccomp_profile.hpp"
#include "plugins/sandbox_init/init_protocol.hpp"
#include "tellina/text.hpp"

namespace tellina::docker_sandbox {
namespace {

namespace json = boost::json;

constexpr const char* name_prefix = "tellina-";
constexpr const char* study_label = "tellina.study";
constexpr const char* owner_label = "tellina.owner";
constexpr const char* session_label = "tellina.session";
constexpr const char* init_place = "/run/tellina_init";
constexpr const char* socket_place = "/run/tellina/socket";
constexpr const char* users_place = "/etc/passwd";
constexpr const char* groups_place = "/etc/group";

/// Numbers of this machine that no account has, as for the sandbox `chroot`.
constexpr std::uint32_t first_session_user = 1'880'000'000;
constexpr std::uint32_t session_users = 1U << 24;
/// If the engine translates numbers: those that are left of 65536 after the image's own.
constexpr std::uint32_t first_translated_user = 10'000;
constexpr std::uint32_t translated_users = 50'000;
constexpr int cpu_period = 50'000;  // microseconds: a session that has used its quota waits at most this long

/// The folders of /proc that describe the machine (the engine itself hides the same), and all of /sys.
constexpr const char* hidden_folders[] = {"/proc/acpi", "/proc/asound", "/proc/scsi", "/sys"};

/// The largest value of oom_score_adj.
constexpr int highest_oom_score = 1000;

std::string text_of(const json::object& object, const char* key) {
  const json::value* const value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

bool is_true(const json::object& object, const char* key) {
  const json::value* const value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

const json::object& object_of(const json::value& value) {
  static const json::object empty;
  return value.is_object() ? value.as_object() : empty;
}

std::string container_name(const std::string& token) { return std::string(name_prefix) + token; }
std::string container_path(const std::string& token) { return "/containers/" + container_name(token); }

}  // namespace

std::string Containers::make_body(const ContainerSpec& spec) const {
  const auto memory = static_cast<std::int64_t>(spec.limits.memory_in_bytes);
  json::object labels = {{study_label, m_settings.study}};
  if (!spec.id.empty()) {
    labels[owner_label] = spec.owner;
    labels[session_label] = spec.id;
  }
  json::array masked;
  for (const char* path : hidden_folders) masked.emplace_back(path);
  for (const char* path : hidden_files) masked.emplace_back(path);
  json::array read_only;
  for (const char* path : {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}) {
    read_only.emplace_back(path);
  }
  // A process could otherwise lower its own oom_score_adj, if the engine has no CAP_SYS_RESOURCE. With SELinux the
  // engine itself still has to write there.
  if (!m_has_selinux) read_only = {"/proc"};
  const std::string number = std::to_string(spec.user);
  const std::string user = number + ":" + number;
  // "exec" is explicit, because the engine adds "noexec" otherwise. Without a limit on entries, the file system could
  // hold a million empty files.
  std::string home = "nr_inodes=4096,mode=0755,nosuid,nodev,exec";
  home.append(",size=").append(std::to_string(spec.limits.disk_in_bytes));
  home.append(",uid=").append(number).append(",gid=").append(number);
  const std::string temporary = "size=" + std::to_string(spec.limits.tmp_in_bytes) +
                                ",nr_inodes=" + std::to_string(init_protocol::tmp_entries) + ",mode=1777,nosuid,nodev";
  const json::object memory_disks = {
      {"/home/me", home}, {"/tmp", temporary + ",exec"}, {"/dev/shm", temporary + ",noexec"}};
  json::array binds = {m_settings.init + ":" + init_place + ":ro",
                       m_settings.shell_marks + ":" + init_protocol::shell_marks_path + ":ro",
                       spec.folder + ":" + folder_place + ":ro", spec.memory_file + ":/proc/meminfo:ro"};
  if (!spec.terminals.empty()) binds.emplace_back(spec.terminals + ":/dev/pts");
  if (!spec.check_folder.empty()) binds.emplace_back(spec.check_folder + ":" + check_place + ":ro");
  if (!spec.users_file.empty()) {
    binds.emplace_back(spec.users_file + ":" + users_place + ":ro");
    binds.emplace_back(spec.groups_file + ":" + groups_place + ":ro");
  }
  json::object host = {{"NetworkMode", "none"},
                       {"Memory", memory},
                       {"MemorySwap", memory},
                       // When the machine's memory runs out, the kernel kills processes of sandboxes first. If root
                       // runs the engine, the participant can't lower the value.
                       {"OomScoreAdj", highest_oom_score},
                       {"PidsLimit", spec.limits.processes + 1},  // init
                       {"CpuPeriod", cpu_period},
                       {"CpuQuota", static_cast<std::int64_t>(spec.limits.cpu * cpu_period)},
                       {"ReadonlyRootfs", true},
                       {"CapDrop", json::array{"ALL"}},
                       {"SecurityOpt", json::array{"no-new-privileges", "seccomp=" + m_seccomp_profile}},
                       {"MaskedPaths", std::move(masked)},
                       {"ReadonlyPaths", std::move(read_only)},
                       {"IpcMode", "private"},
                       {"Tmpfs", memory_disks},
                       // Otherwise the engine would write all output to the disk.
                       {"LogConfig", json::object{{"Type", "none"}}},
                       {"RestartPolicy", json::object{{"Name", "no"}}},
                       {"AutoRemove", false},
                       {"Init", false},
                       {"Binds", std::move(binds)}};
  const json::object body = {{"Image", spec.image},
                             {"User", user},
                             {"WorkingDir", "/home/me"},
                             {"Hostname", "tellina"},
                             {"NetworkDisabled", true},
                             {"Tty", false},
                             {"OpenStdin", false},
                             {"StopSignal", "SIGKILL"},
                             {"Entrypoint", json::array{init_place}},
                             {"Cmd", json::array{init_protocol::stay, socket_place, "/home/me"}},
                             {"Labels", std::move(labels)},
                             {"HostConfig", std::move(host)}};
  return json::serialize(body);
}

void Containers::fail_for_image(const Engine::Answer& answer, const std::string& what) const {
  throw Error(ErrorCode::not_found, what + ": Docker engine at " + m_engine.socket() + ": " + answer.message(),
              m_settings.packages.empty()
                  ? "`make image` builds the image \"tellina\"; for another, see sandbox.image"
                  : "`tellina sandbox prepare --config FILE` makes it, with the packages of sandbox.packages");
}

std::string Containers::ask_for_options(const Deadline& deadline) {
  const std::string what = "ask the engine for its security options";
  const Engine::Answer answer = m_engine.get("/info", deadline, what);
  if (!answer.is_good()) m_engine.fail(answer, what);
  const json::value value = answer.json(what);
  const json::value* const options = object_of(value).if_contains("SecurityOptions");
  return options != nullptr ? json::serialize(*options) : "";
}

std::optional<std::string> Containers::read_file(const std::string& token, const char* path, const Deadline& deadline) {
  const std::string what = std::string("read ") + path + " of the image";
  const Engine::Answer answer =
      m_engine.get(container_path(token) + "/archive?path=" + percent_encode(path), deadline, what);
  if (answer.status == 404) return {};
  if (!answer.is_good()) m_engine.fail(answer, what);
  return only_file_in(answer.body);
}

void Containers::learn(const ContainerSpec& spec, const Deadline& deadline) {
  std::call_once(m_has_learnt, [&] {
    m_seccomp_profile = make_seccomp_profile();
    const std::string options = ask_for_options(deadline);
    m_has_selinux = options.find("name=selinux") != std::string::npos;
    m_has_user_namespace =
        options.find("name=userns") != std::string::npos || options.find("name=rootless") != std::string::npos;
  });
  Image& image = image_named(spec.image);
  std::call_once(image.has_learnt, [&] { learn_image(image, spec, deadline); });
}

void Containers::learn_image(Image& image, const ContainerSpec& spec, const Deadline& deadline) {
  create(spec, deadline);
  const std::optional<std::string> users = read_file(spec.token, users_place, deadline);
  const std::optional<std::string> groups = read_file(spec.token, groups_place, deadline);
  remove(spec.token, deadline);
  if (users && groups) image.users = ImageUsers::of(*users, *groups);
}

Containers::Image& Containers::image_named(const std::string& name) {
  const std::lock_guard<std::mutex> lock(m_mutex);
  return m_images[name];
}

const ImageUsers* Containers::users(const std::string& image) {
  const std::optional<ImageUsers>& users = image_named(image).users;
  return users ? &*users : nullptr;
}

std::uint32_t Containers::choose_user(Random& random) const {
  std::uint32_t number = 0;
  random.fill({reinterpret_cast<std::uint8_t*>(&number), sizeof number});
  return m_has_user_namespace ? first_translated_user + number % translated_users
                              : first_session_user + number % session_users;
}

void Containers::create(const ContainerSpec& spec, const Deadline& deadline) {
  const std::string what = "create a container";
  for (const std::string& file : {m_settings.init, m_settings.shell_marks}) {
    if (access(file.c_str(), R_OK) != 0) {
      throw system_error(file, errno, {}, "build or install all of tellina, which includes this file");
    }
  }
  const Engine::Answer answer =
      m_engine.post("/containers/create?name=" + container_name(spec.token), make_body(spec), deadline, what);
  if (answer.status == 404) fail_for_image(answer, what);
  if (!answer.is_good()) m_engine.fail(answer, what);
}

void Containers::start(const std::string& token, const Deadline& deadline) {
  const std::string what = "start a container";
  const Engine::Answer answer = m_engine.post(container_path(token) + "/start", "", deadline, what);
  if (!answer.is_good()) m_engine.fail(answer, what);
}

bool Containers::remove(const std::string& token, const Deadline& deadline) {
  const std::string what = "remove the container " + container_name(token);
  Engine::Answer answer = m_engine.remove(container_path(token) + "?force=1&v=1", deadline, what);
  if (answer.status == 409) {
    // Another client is already removing it: wait until the engine has removed it.
    m_engine.post(container_path(token) + "/wait?condition=removed", "", deadline, what);
    answer = m_engine.remove(container_path(token) + "?force=1&v=1", deadline, what);
    if (answer.status == 404) return true;
  }
  if (!answer.is_good() && answer.status != 404) m_engine.fail(answer, what);
  return answer.status != 404;
}

std::string Containers::find_end(const std::string& token, const Deadline& deadline) {
  const std::string what = "inspect a container";
  const Engine::Answer answer = m_engine.get(container_path(token) + "/json", deadline, what);
  if (!answer.is_good()) m_engine.fail(answer, what);
  const json::value value = answer.json(what);
  const json::value* const found = object_of(value).if_contains("State");
  if (found == nullptr || !found->is_object() || is_true(found->as_object(), "Running")) return "";
  return "the container has ended: " + json::serialize(*found);
}

std::vector<Containers::Found> Containers::list(const Deadline& deadline) {
  const std::string what = "list the containers";
  const json::object filters = {{"label", json::array{std::string(study_label) + "=" + m_settings.study}}};
  const Engine::Answer answer =
      m_engine.get("/containers/json?all=1&filters=" + percent_encode(json::serialize(filters)), deadline, what);
  if (!answer.is_good()) m_engine.fail(answer, what);
  const json::value value = answer.json(what);
  std::vector<Found> found;
  if (!value.is_array()) return found;
  for (const json::value& item : value.as_array()) {
    const json::object& container = object_of(item);
    const json::value* const names = container.if_contains("Names");
    const json::value* const labels = container.if_contains("Labels");
    if (names == nullptr || !names->is_array() || names->as_array().empty() || labels == nullptr) continue;
    const json::value& first = names->as_array().front();
    const std::string name = first.is_string() ? std::string(first.as_string()) : "";
    const std::string start = std::string("/") + name_prefix;
    if (!name.starts_with(start)) continue;
    Found one;
    one.token = name.substr(start.size());
    one.owner = text_of(object_of(*labels), owner_label);
    one.id = text_of(object_of(*labels), session_label);
    found.push_back(std::move(one));
  }
  return found;
}

std::vector<LimitReport> Containers::report_limits(const Deadline& deadline) {
  const std::string what = "ask the engine for its limits";
  const Engine::Answer answer = m_engine.get("/info", deadline, what);
  if (!answer.is_good()) m_engine.fail(answer, what);
  const json::value value = answer.json(what);
  const json::object& info = object_of(value);
  const std::string version = text_of(info, "CgroupVersion");
  const std::string how = " per session (cgroup v" + (version.empty() ? "1" : version) + ")";
  std::vector<LimitReport> limits;
  const auto add = [&](const char* name, const char* key, const std::string& limit) {
    const bool is_enforced = is_true(info, key);
    limits.emplace_back(name, is_enforced, is_enforced ? limit + how : "not limited: this engine does not support it");
  };
  add("memory", "MemoryLimit", in_mebibytes(m_settings.memory_in_bytes));
  add("processes", "PidsLimit", std::to_string(m_settings.processes));
  add("cpu", "CpuCfsQuota", in_cores(m_settings.cpu));
  limits.emplace_back("disk bytes", true, in_mebibytes(m_settings.disk_in_bytes) + " per session (tmpfs size)");
  limits.emplace_back("disk inodes", true, "4095 files per session (tmpfs nr_inodes)");
  limits.emplace_back("temporary files", true,
                      in_mebibytes(m_settings.tmp_in_bytes) + " each in /tmp and /dev/shm (tmpfs size)");
  limits.emplace_back("network", true, "none (a network namespace with the loopback interface alone)");
  return limits;
}

ImageIdentity Containers::identify_image(const Deadline& deadline) {
  const std::string what = "look for the image \"" + m_settings.image + "\"";
  const Engine::Answer answer = m_engine.get("/images/" + percent_encode(m_settings.image) + "/json", deadline, what);
  if (answer.status == 404) fail_for_image(answer, what);
  if (!answer.is_good()) m_engine.fail(answer, what);
  const json::value value = answer.json(what);
  const json::object& image = object_of(value);
  ImageIdentity identity;
  identity.id = text_of(image, "Id");
  const json::value* const repositories = image.if_contains("RepoDigests");
  if (repositories == nullptr || !repositories->is_array()) return identity;
  for (const json::value& repository : repositories->as_array()) {
    if (repository.is_string()) identity.repositories.emplace_back(repository.as_string());
  }
  return identity;
}

}  // namespace tellina::docker_sandbox
