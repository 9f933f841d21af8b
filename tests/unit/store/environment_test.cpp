#include "host/text/sha256.hpp"
#include "store_fixture.hpp"

namespace tellina::testing {
namespace {

class EnvironmentTest : public StoreTest {
 protected:
  EnvironmentTest() {
    environment.program_version = "1.2.3";
    environment.program_commit = "c0ffee";
    environment.plugins = R"([{"kind":"sandbox","name":"chroot"}])";
    environment.root_digest = "d1";
    environment.image_digests = "[]";
    environment.kernel = "Linux 6.1";
    environment.machine = "x86_64";
    environment.limits = R"([{"enforced":true,"how":"cgroup","name":"memory"}])";
    environment.config.canonical_json = R"({"tasks":[]})";
    environment.config.source_name = "study.yaml";
    environment.config.source_text = "tasks: []\n";
    environment.config.files = {file("a.md", "one text"), file("b.md", "one text"), file("c.tar", "another")};
    environment.config.files[2].content.reset();
  }
  static RecordedFile file(const std::string& name, const std::string& content) {
    RecordedFile file;
    file.name = name;
    file.sha256 = sha256(content);
    file.size = content.size();
    file.content = content;
    return file;
  }
  EnvironmentId record(const EnvironmentRecord& record) {
    pass(std::chrono::seconds(1));
    return get<EnvironmentId>([&](StoreTransaction& t) { return t.record_environment(record, now()); });
  }
  std::optional<EnvironmentId> find(const EnvironmentRecord& like) {
    return get<std::optional<EnvironmentId>>([&](StoreTransaction& t) { return t.find_environment(like); });
  }

  EnvironmentRecord environment;
};

TEST_F(EnvironmentTest, EverythingIsInTheTablesOnce) {
  const EnvironmentId id = record(environment);
  EXPECT_EQ(record(environment), id);
  Reader reader(path);
  EXPECT_EQ(reader.value("SELECT count(*) FROM environments"), "1");
  EXPECT_EQ(
      reader.value("SELECT e.program_version || e.program_commit || e.plugins || e.root_digest || e.image_digests "
                   "|| e.kernel || e.machine || e.limits FROM environments e"),
      "1.2.3c0ffee" + environment.plugins + "d1[]Linux 6.1x86_64" + environment.limits);
  EXPECT_EQ(reader.value("SELECT sha256 || canonical_json || source_name || source_text FROM configs"),
            sha256(R"({"tasks":[]})") + R"({"tasks":[]}study.yamltasks: [])" + "\n");
  EXPECT_EQ(
      reader.rows("SELECT name, size, sha256, bytes FROM config_files LEFT JOIN blobs USING (sha256) ORDER BY name"),
      (std::vector<std::string>{"a.md|8|" + sha256("one text") + "|one text",
                                "b.md|8|" + sha256("one text") + "|one text",
                                "c.tar|7|" + sha256("another") + "|NULL"}));
  EXPECT_EQ(reader.value("SELECT count(*) FROM blobs"), "1");
}

TEST_F(EnvironmentTest, EachDifferenceIsARowOfItsOwn) {
  const EnvironmentId id = record(environment);
  for (std::string EnvironmentRecord::*member :
       {&EnvironmentRecord::program_version, &EnvironmentRecord::program_commit, &EnvironmentRecord::root_digest,
        &EnvironmentRecord::kernel, &EnvironmentRecord::machine}) {
    EnvironmentRecord other = environment;
    other.*member += "x";
    EXPECT_NE(record(other), id);
  }
  for (std::string EnvironmentRecord::*member :
       {&EnvironmentRecord::plugins, &EnvironmentRecord::image_digests, &EnvironmentRecord::limits}) {
    EnvironmentRecord other = environment;
    other.*member = R"(["x"])";
    EXPECT_NE(record(other), id);
  }
  for (std::string ConfigRecord::*member :
       {&ConfigRecord::canonical_json, &ConfigRecord::source_name, &ConfigRecord::source_text}) {
    EnvironmentRecord other = environment;
    other.config.*member += "x";
    EXPECT_NE(record(other), id);
  }
  EnvironmentRecord changed = environment;
  changed.config.files[2].sha256 = sha256("changed");
  EXPECT_NE(record(changed), id);
  EnvironmentRecord renamed = environment;
  renamed.config.files[2].name = "d.tar";
  EXPECT_NE(record(renamed), id);
  EXPECT_EQ(
      Reader(path).value("SELECT count(*), count(DISTINCT sha256), (SELECT count(*) FROM configs) FROM environments"),
      "14|14|6");
  EXPECT_EQ(record(environment), id);
}

TEST_F(EnvironmentTest, AWorkerFindsWhatItsSupervisorHasRecordedLast) {
  EXPECT_FALSE(find(environment));
  const EnvironmentId first = record(environment);
  EnvironmentRecord updated = environment;
  updated.kernel = "Linux 6.2";
  const EnvironmentId second = record(updated);
  EnvironmentRecord like = environment;
  like.kernel = like.limits = like.root_digest = "not asked";
  EXPECT_EQ(find(like), second);
  record(environment);
  EXPECT_EQ(find(like), first);
  like.program_commit = "another";
  EXPECT_FALSE(find(like));
}

TEST_F(EnvironmentTest, ATaskSessionPointsToItsEnvironment) {
  const EnvironmentId id = record(environment);
  add_worker("worker.a");
  const Fence fence = acquire(add_participant("bob"), "worker.a").fence;
  TaskSettings settings;
  settings.environment = id;
  run([&](StoreTransaction& t) { t.begin_task_session(fence, 1, "stdout", "s-1", "sandbox", now(), settings); });
  EXPECT_EQ(Reader(path).value("SELECT environment_id FROM results"), std::to_string(id));
}

}  // namespace
}  // namespace tellina::testing
