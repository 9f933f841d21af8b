#include "host/selftest/test_study.hpp"

#include <string>

namespace tellina {
namespace {

FileTree home(const Bytes& secret, const char* folder) {
  FileTree tree;
  tree.root = FileNode::directory();
  for (const char* name : {"words", "done"}) tree.root.children[name] = FileNode::directory();
  tree.root.children[folder].children["secret.txt"] = FileNode::regular(secret);
  return tree;
}

}  // namespace

std::shared_ptr<const Study> make_self_test_study(Random& random) {
  const Bytes secret = "secret-" + random_token(random) + "\n";
  auto study = std::make_shared<Study>();
  study->task_duration = self_test_task_duration;
  for (const char* name : {"stdout", "time", "filesystem"}) {
    Task task;
    task.description = std::string("self-test: ") + name;
    task.definition_hash = name;
    task.place = task.description;
    task.initial = home(secret, "words");
    study->tasks.push_back(std::move(task));
  }
  study->tasks[0].output_answer = secret;
  study->tasks[1].output_answer = "what nobody prints: " + random_token(random) + "\n";
  study->tasks[2].type = TaskType::filesystem;
  study->tasks[2].filesystem_answer = home(secret, "done");
  return study;
}

}  // namespace tellina
