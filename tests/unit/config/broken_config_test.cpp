/// Texts that are JSON but not valid configurations, each with its exact message.

#include <gtest/gtest.h>

#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

class BrokenConfigTest : public testing::TestWithParam<BrokenText> {};

TEST_P(BrokenConfigTest, IsRefusedWithPlacePathAndWhatWasExpected) {
  EXPECT_EQ(error_of(GetParam().text), GetParam().message);
}

std::string config_with_codes(const std::string& codes) {
  return "{\"tasks\": [], \"task_duration_in_seconds\": 1, \"access_codes\":\n" + codes + "}";
}

std::string config_with_task(const std::string& task) {
  return "{\"access_codes\": [], \"task_duration_in_seconds\": 1, \"tasks\": [\n" + task + "]}";
}

std::string config_with_duration(const std::string& duration) {
  return "{\"access_codes\": [], \"tasks\": [], \"task_duration_in_seconds\": " + duration + "}";
}

const BrokenText broken_sections[] = {
    {"NoObject", "[]", "config.json:1:1: expected an object, got an array"},
    {"NothingInIt", "{}",
     "config.json:1:1: expected the key \"access_codes\", got none\n"
     "config.json:1:1: expected the key \"task_duration_in_seconds\", got none\n"
     "config.json:1:1: expected the key \"tasks\", got none"},
    {"MisspeltKey", config_with("\n  \"sever\": {}"),
     "config.json:2:3: sever: expected a known key, got \"sever\"; did you mean \"server\"?"},
    {"MisspeltRequiredKey", R"({"acess_codes": [], "task_duration_in_seconds": 1, "tasks": []})",
     "config.json:1:1: expected the key \"access_codes\", got none\n"
     "config.json:1:2: acess_codes: expected a known key, got \"acess_codes\"; did you mean \"access_codes\"?"},
    {"MetricsForSomebodyElse", config_with(R"("server": {"metrics": "everyone"})"),
     "config.json:1:24: server.metrics: expected \"loopback\" or \"all\", got \"everyone\""},
    {"StudyTitleIsEmpty", config_with(R"("study": {"title": ""})"),
     "config.json:1:21: study.title: expected a string that is not empty, got \"\""},
    {"StudyTitleHasTwoLines", config_with(R"("study": {"title": "a\nb"})"),
     "config.json:1:21: study.title: expected printable characters only, got \"a\\u000ab\""},
    {"StudyContactIsNoText", config_with(R"("study": {"contact": ["a@example.org"]})"),
     "config.json:1:23: study.contact: expected a string, got an array"},
    {"MisspeltStudyKey", config_with(R"("study": {"titel": "a"})"),
     "config.json:1:12: study.titel: expected a known key, got \"titel\"; did you mean \"title\"?"},
    {"PublicUrlWithoutScheme", config_with(R"("server": {"public_url": "study.example.org"})"),
     "config.json:1:27: server.public_url: expected a URL such as \"https://study.example.org\", got "
     "\"study.example.org\""},
    {"PublicUrlOfAnotherScheme", config_with(R"("server": {"public_url": "ftp://study.example.org"})"),
     "config.json:1:27: server.public_url: expected a URL such as \"https://study.example.org\", got "
     "\"ftp://study.example.org\""},
    {"PublicUrlWithoutHost", config_with(R"("server": {"public_url": "https:///x"})"),
     "config.json:1:27: server.public_url: expected a URL such as \"https://study.example.org\", got "
     "\"https:///x\""},
    {"PublicUrlWithoutTheBasePath", config_with(R"("server": {"base_path": "/study", "public_url": "https://a.org"})"),
     "config.json:1:50: server.public_url: expected a URL whose path is server.base_path, such as "
     "\"https://a.org/study\", got \"https://a.org\""},
    {"PublicUrlOfAnotherPath",
     config_with(R"("server": {"public_url": "https://a.org:8443/lab/study/", "base_path": "/study"})"),
     "config.json:1:27: server.public_url: expected a URL whose path is server.base_path, such as "
     "\"https://a.org:8443/study\", got \"https://a.org:8443/lab/study/\""},
    {"PublicUrlWithASpace", config_with(R"("server": {"public_url": "https://a.org/a b"})"),
     "config.json:1:27: server.public_url: expected a URL such as \"https://study.example.org\", got "
     "\"https://a.org/a b\""},
    {"PublicUrlWithAQuery", config_with(R"("server": {"public_url": "https://a.org/?x"})"),
     "config.json:1:27: server.public_url: expected a URL such as \"https://study.example.org\" without \"?\" and "
     "\"#\", got \"https://a.org/?x\""},
    {"StrangeKey", config_with(R"("colour": 1)"),
     "config.json:1:2: colour: expected \"$schema\", \"plugins\", \"study\", \"server\", \"database\", \"recording\", "
     "\"workers\", "
     "\"channel_layer\", "
     "\"ordering\", \"sandbox\", \"access_codes\", \"task_duration_in_seconds\", \"feedback\", \"task_defaults\", "
     "\"tasks\", \"entry\", \"blocks\", \"treatments\", \"assignment\", \"questionnaires\", \"flow\" or "
     "\"completion\", got "
     "\"colour\""},
    {"DuplicateKey", config_with("\"workers\": 1,\n \"workers\": 2"),
     "config.json:2:2: workers: expected each key once, got \"workers\" a second time (first at 1:2)"},
    {"SchemaIsNoText", config_with(R"("$schema": 1)"), "config.json:1:13: $schema: expected a string, got 1"},
    {"ServerIsText", config_with(R"("server": "127.0.0.1:80")"),
     "config.json:1:12: server: expected an object, got \"127.0.0.1:80\""},
    {"PortIsText", config_with(R"("server": {"port": "80"})"),
     "config.json:1:21: server.port: expected a whole number from 0 to 65535, got \"80\""},
    {"PortTooLarge", config_with("\"server\": {\n  \"port\": 70000}"),
     "config.json:2:11: server.port: expected a whole number from 0 to 65535, got 70000"},
    {"PortNegative", config_with(R"("server": {"port": -1})"),
     "config.json:1:21: server.port: expected a whole number from 0 to 65535, got -1"},
    {"PortWithFraction", config_with(R"("server": {"port": 80.5})"),
     "config.json:1:21: server.port: expected a whole number from 0 to 65535, got 80.5"},
    {"PortBeyondSixtyFourBits", config_with(R"("server": {"port": 99999999999999999999})"),
     "config.json:1:21: server.port: expected a whole number from -9223372036854775808 to 9223372036854775807, got "
     "one of 20 digits"},
    {"UnknownServerKey", config_with(R"("server": {"Port": 1})"),
     "config.json:1:13: server.Port: expected a known key, got \"Port\"; did you mean \"port\"?"},
    {"AddressIsAName", config_with(R"("server": {"address": "example.org"})"),
     "config.json:1:24: server.address: expected an IP address such as \"127.0.0.1\", \"0.0.0.0\" or \"::1\", got "
     "\"example.org\""},
    {"AddressIsEmpty", config_with(R"("server": {"address": ""})"),
     "config.json:1:24: server.address: expected a string that is not empty, got \"\""},
    {"NoConnections", config_with(R"("server": {"connections_per_address": 0})"),
     "config.json:1:40: server.connections_per_address: expected a whole number from 1 to 1000000, got 0"},
    {"ProxiesAreText", config_with(R"("server": {"trusted_proxies": "127.0.0.1"})"),
     "config.json:1:32: server.trusted_proxies: expected an array, got \"127.0.0.1\""},
    {"ProxyIsANumber", config_with(R"("server": {"trusted_proxies": [127]})"),
     "config.json:1:33: server.trusted_proxies[0]: expected a string, got 127"},
    {"HostsAreText", config_with(R"("server": {"hosts": "a"})"),
     "config.json:1:22: server.hosts: expected an array, got \"a\""},
    {"HostWithPort", config_with(R"("server": {"hosts": ["study.example.org", "a:80", "http://a", "*a", "a b"]})"),
     "config.json:1:44: server.hosts[1]: expected a host name such as \"study.example.org\" or \"*.example.org\", an "
     "IP "
     "address, or \"*\", without a port, got \"a:80\"\n"
     "config.json:1:52: server.hosts[2]: expected a host name such as \"study.example.org\" or \"*.example.org\", an "
     "IP "
     "address, or \"*\", without a port, got \"http://a\"\n"
     "config.json:1:64: server.hosts[3]: expected a host name such as \"study.example.org\" or \"*.example.org\", an "
     "IP "
     "address, or \"*\", without a port, got \"*a\"\n"
     "config.json:1:70: server.hosts[4]: expected a host name such as \"study.example.org\" or \"*.example.org\", an "
     "IP "
     "address, or \"*\", without a port, got \"a b\""},
    {"KeyIsMissing", config_with(R"("server": {"certificate": "a.pem"})"),
     "config.json:1:12: server: expected \"certificate\" and \"key\", got only \"certificate\""},
    {"ProxyIsAName", config_with("\"server\": {\"trusted_proxies\": [\"127.0.0.1\",\n \"localhost\", \"\"]}"),
     "config.json:2:2: server.trusted_proxies[1]: expected an IP address or a network such as \"127.0.0.1\", "
     "\"10.0.0.0/8\" or \"fd00::/8\", got \"localhost\"\n"
     "config.json:2:15: server.trusted_proxies[2]: expected an IP address or a network such as \"127.0.0.1\", "
     "\"10.0.0.0/8\" or \"fd00::/8\", got \"\""},
    {"ProxyWithPort", config_with(R"("server": {"trusted_proxies": ["127.0.0.1:80"]})"),
     "config.json:1:33: server.trusted_proxies[0]: expected an IP address or a network such as \"127.0.0.1\", "
     "\"10.0.0.0/8\" or \"fd00::/8\", got \"127.0.0.1:80\""},
    {"ProxyWithScope", config_with(R"("server": {"trusted_proxies": ["fe80::1%eth0"]})"),
     "config.json:1:33: server.trusted_proxies[0]: expected an IP address or a network such as \"127.0.0.1\", "
     "\"10.0.0.0/8\" or \"fd00::/8\", got \"fe80::1%eth0\""},
    {"PrefixTooLong", config_with(R"("server": {"trusted_proxies": ["10.0.0.0/33", "::/129", "::/1000"]})"),
     "config.json:1:33: server.trusted_proxies[0]: expected a prefix length from 0 to 32 after \"/\", got "
     "\"10.0.0.0/33\"\n"
     "config.json:1:48: server.trusted_proxies[1]: expected a prefix length from 0 to 128 after \"/\", got "
     "\"::/129\"\n"
     "config.json:1:58: server.trusted_proxies[2]: expected a prefix length from 0 to 128 after \"/\", got "
     "\"::/1000\""},
    {"PrefixIsNoNumber", config_with(R"("server": {"trusted_proxies": ["10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/8/8"]})"),
     "config.json:1:33: server.trusted_proxies[0]: expected a prefix length from 0 to 32 after \"/\", got "
     "\"10.0.0.0/\"\n"
     "config.json:1:46: server.trusted_proxies[1]: expected a prefix length from 0 to 32 after \"/\", got "
     "\"10.0.0.0/+8\"\n"
     "config.json:1:61: server.trusted_proxies[2]: expected a prefix length from 0 to 32 after \"/\", got "
     "\"10.0.0.0/8/8\""},
    {"BitsBehindThePrefix", config_with(R"("server": {"trusted_proxies": ["10.0.0.5/8", "fd00::1/64"]})"),
     "config.json:1:33: server.trusted_proxies[0]: expected a network whose bits after the prefix are 0, got "
     "\"10.0.0.5/8\"; did you mean \"10.0.0.0/8\"?\n"
     "config.json:1:47: server.trusted_proxies[1]: expected a network whose bits after the prefix are 0, got "
     "\"fd00::1/64\"; did you mean \"fd00::/64\"?"},
    {"DatabaseIsNull", config_with(R"("database": null)"), "config.json:1:14: database: expected a string, got null"},
    {"RecordingIsAWord", config_with(R"("recording": "off")"),
     "config.json:1:15: recording: expected an object, got \"off\""},
    {"StatesAreUnknown", config_with(R"("recording": {"states": "all"})"),
     "config.json:1:26: recording.states: expected \"changes\" or \"none\", got \"all\""},
    {"StatesHaveNoRoom", config_with(R"("recording": {"states_in_mib": 0})"),
     "config.json:1:33: recording.states_in_mib: expected a whole number from 1 to 65536, got 0"},
    {"DurabilityIsUnknown", config_with(R"("recording": {"durability": "minute"})"),
     "config.json:1:30: recording.durability: expected \"process\", \"second\" or \"commit\", got \"minute\""},
    {"BytesAreAWord", config_with(R"("recording": {"bytes": "no"})"),
     "config.json:1:25: recording.bytes: expected true or false, got \"no\""},
    {"NoWorkers", config_with(R"("workers": 0)"),
     "config.json:1:13: workers: expected a whole number from 1 to 256, got 0"},
    {"SandboxIsText", config_with(R"("sandbox": "chroot")"),
     "config.json:1:13: sandbox: expected an object, got \"chroot\""},
    {"MisspeltPlugin", config_with(R"("sandbox": {"plugin": "chrot"})"),
     "config.json:1:24: sandbox.plugin: expected an installed sandbox (\"chroot\" or \"docker\"), got \"chrot\"; did "
     "you mean \"chroot\"?"},
    {"PluginOfNobody", config_with(R"("channel_layer": {"plugin": "kafka"})"),
     "config.json:1:30: channel_layer.plugin: expected an installed channel layer (\"memory\" or \"redis\"), got "
     "\"kafka\""},
    {"PluginIsNumber", config_with(R"("ordering": {"plugin": 1})"),
     "config.json:1:25: ordering.plugin: expected an installed ordering policy (\"strict\" or \"slight\"), got 1"},
    {"KeyThatThePluginDoesNotKnow", config_with(R"("sandbox": {"memory_in_mb": 256})"),
     "config.json:1:14: sandbox.memory_in_mb: expected a known key, got \"memory_in_mb\"; did you mean "
     "\"memory_in_mib\"?"},
    {"KeyWhereThePluginHasNone", config_with(R"("ordering": {"plugin": "slight", "x": 1})"),
     "config.json:1:35: ordering.x: expected \"plugin\", got \"x\""},
    {"ValueThatThePluginRefuses", config_with(R"("sandbox": {"plugin": "chroot", "memory_in_mib": 8})"),
     "config.json:1:51: sandbox.memory_in_mib: expected a whole number from 16 to 65536, got 8"},
    {"KeyThatThePluginRequires", config_with(R"("channel_layer": {"plugin": "redis"})"),
     "config.json:1:19: channel_layer: expected the key \"hosts\", got none"},
    {"ThroughThePluginsOwnDefinitions",
     config_with(R"("channel_layer": {"plugin": "redis", "hosts": ["a:1", "B", 3]})"),
     "config.json:1:56: channel_layer.hosts[1]: expected HOST:PORT, got \"B\"\n"
     "config.json:1:61: channel_layer.hosts[2]: expected HOST:PORT, got 3"},
    {"TooFewEntries", config_with(R"("channel_layer": {"plugin": "redis", "hosts": []})"),
     "config.json:1:48: channel_layer.hosts: expected at least 1 entry, got 0"},
    {"TooLongForThePlugin", config_with(R"("sandbox": {"plugin": "docker", "image": "123456789012345678901"})"),
     "config.json:1:43: sandbox.image: expected at most 20 characters, got \"123456789012345678901\""},
    {"NetworkIsText", config_with(R"("sandbox": {"network": "false"})"),
     "config.json:1:25: sandbox.network: expected true or false, got \"false\""},
    {"RelativeWorkingDirectory", config_with(R"("sandbox": {"working_directory": "dir"})"),
     "config.json:1:35: sandbox.working_directory: expected an absolute path or one that starts with \"~\", got "
     "\"dir\""},
    {"PoolNegative", config_with(R"("sandbox": {"pool": -1})"),
     "config.json:1:22: sandbox.pool: expected a whole number from 0 to 1000, got -1"},
    {"DurationIsText", config_with_duration("\"60\""),
     "config.json:1:63: task_duration_in_seconds: expected a number above 0 and up to 31536000, got \"60\""},
    {"DurationIsZero", config_with_duration("0"),
     "config.json:1:63: task_duration_in_seconds: expected a number above 0 and up to 31536000, got 0"},
    {"DurationIsNegative", config_with_duration("-0.5"),
     "config.json:1:63: task_duration_in_seconds: expected a number above 0 and up to 31536000, got -0.5"},
    {"CodesAreAnObject", config_with_codes("{\"bob\": 1}"),
     "config.json:2:1: access_codes: expected an array, got an object"},
    {"CodeIsNumber", config_with_codes("[1234]"), "config.json:2:2: access_codes[0]: expected a string, got a number"},
    {"CodeIsEmpty", config_with_codes("[\"\"]"),
     "config.json:2:2: access_codes[0]: expected a string that is not empty, got a string of 0 characters"},
    {"CodeTwice", config_with_codes("[\"bob\",\n\"alice\", \"bob\"]"),
     "config.json:3:10: access_codes[2]: expected each entry once, got one a second time (first at 2:2)"},
    {"CodeWithControlCharacter", config_with_codes("[\"b\\u0007b\"]"),
     "config.json:2:2: access_codes[0]: expected printable characters only, got at least one that is not printable"},
    {"CodeWithInvisibleCharacter", config_with_codes("[\"bob\\u200b\"]"),
     "config.json:2:2: access_codes[0]: expected printable characters only, got at least one that is not printable"},
    {"CodeOverHundredBytes", config_with_codes("[\"" + std::string(98, 'x') + "é!\"]"),
     "config.json:2:2: access_codes[0]: expected at most 100 bytes, got 101 bytes"},
    {"CodeOverHundredCharacters", config_with_codes("[\"" + std::string(101, 'x') + "\"]"),
     "config.json:2:2: access_codes[0]: expected at most 100 characters, got a string of 101 characters"},
    {"CodesAreText", config_with_codes("\"bob\""),
     "config.json:2:1: access_codes: expected an array, got a string of 3 characters"},
    {"CodeIsALongNumber", config_with_codes("[99999999999999999999]"),
     "config.json:2:2: access_codes[0]: expected a whole number from -9223372036854775808 to 9223372036854775807, got "
     "one of 20 digits\n"
     "config.json:2:2: access_codes[0]: expected a string, got a number"},
    {"CodeWithoutQuotes", config_with_codes("[bob]"),
     "config.json:2:2: expected a value or ']', got a word without quotes; JSON has only the words true, false and "
     "null, and puts text in double quotes"},
    {"CodeWithZerosInFront", config_with_codes("[007]"),
     "config.json:2:2: expected a value or ']', got a word without quotes, which is not a JSON number"},
    {"TasksAreAnObject", R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": {}})",
     "config.json:1:62: tasks: expected an array, got an object"},
    {"TaskIsText", config_with_task("\"ls\""), "config.json:2:1: tasks[0]: expected an object, got \"ls\""},
    {"TaskWithoutType", config_with_task(R"({"description": "d", "answer": "a"})"),
     "config.json:2:1: tasks[0]: expected the key \"type\", got none"},
    {"MisspeltTaskType", config_with_task(R"({"type": "stdin", "description": "d", "answer": "a"})"),
     "config.json:2:10: tasks[0].type: expected a task type (\"stdout\", \"file_search\", \"filesystem\" or "
     "\"command\"), got "
     "\"stdin\""},
    {"TaskWithoutTheRest", config_with_task(R"({"type": "stdout"})"),
     "config.json:2:1: tasks[0]: expected the key \"description\", got none\n"
     "config.json:2:1: tasks[0]: expected the key \"answer\", got none"},
    {"EmptyAnswer", config_with_task(R"({"type": "stdout", "description": "d", "answer": ""})"),
     "config.json:2:50: tasks[0].answer: expected a string that is not empty, got \"\""},
    {"TreeAsOutput", config_with_task(R"({"type": "stdout", "description": "d", "answer": {"a": null}})"),
     "config.json:2:50: tasks[0].answer: expected a string or an array, got an object"},
    {"OutputAsTree", config_with_task(R"({"type": "filesystem", "description": "d", "answer": "a"})"),
     "config.json:2:54: tasks[0].answer: expected an object, got \"a\""},
    {"MatchOfAnotherKind",
     config_with_task(R"({"type": "stdout", "description": "d", "answer": "a", "match": "line"})"),
     "config.json:2:64: tasks[0].match: expected \"lines\", \"contains\", \"exact\", \"unordered\", \"set\", \"paths\" "
     "or "
     "\"records\", got \"line\"; did you mean \"lines\"?"},
    {"TextForPaths", config_with_task(R"({"type": "stdout", "description": "d", "answer": "a", "match": "paths"})"),
     "config.json:2:50: tasks[0].answer: expected a list of paths, as the match is \"paths\", got \"a\""},
    {"ListForLines", config_with_task(R"({"type": "stdout", "description": "d", "answer": ["a"]})"),
     "config.json:2:50: tasks[0].answer: expected text, as the match is \"lines\", got an array"},
    {"TextForRecords",
     config_with_task(R"({"type": "stdout", "description": "d", "answer": ["a"], "match": "records"})"),
     "config.json:2:51: tasks[0].answer[0]: expected an object with \"path\", \"pattern\" or \"text\", got \"a\""},
    {"RecordForPaths",
     config_with_task(R"({"type": "stdout", "description": "d", "answer": [{"text": "a"}], "match": "paths"})"),
     "config.json:2:51: tasks[0].answer[0]: expected a path, got an object"},
    {"EmptyRecord", config_with_task(R"({"type": "stdout", "description": "d", "answer": [{}], "match": "records"})"),
     "config.json:2:51: tasks[0].answer[0]: expected \"path\", \"pattern\" or \"text\", got none of them"},
    {"WrongExpression",
     config_with_task(R"({"type": "stdout", "description": "d", "answer": [{"pattern": "a("}], "match": "records"})"),
     "config.json:2:63: tasks[0].answer[0].pattern: expected a regular expression (RE2), got \"a(\": missing ): a("},
    {"IgnoreWithoutUse",
     config_with_task(R"({"type": "stdout", "description": "d", "answer": "a", "ignore": ["case"]})"),
     "config.json:2:65: tasks[0].ignore: expected this key only with the match \"exact\", \"unordered\" or \"set\", "
     "got "
     "the match \"lines\""},
    {"ExtraLinesOfAnExactMatch",
     config_with_task(
         R"({"type": "stdout", "description": "d", "answer": "a", "match": "exact", "max_extra_lines": 1})"),
     "config.json:2:92: tasks[0].max_extra_lines: expected this key only with the match \"lines\" or \"contains\", got "
     "the "
     "match \"exact\""},
    {"AnswerThatIsNoPathOfTheTree",
     config_with_task(
         R"({"type": "file_search", "description": "d", "initial_filesystem": {"a": {"3.md": ""}}, "answer": ["a/33.md"]})"),
     "config.json:2:99: tasks[0].answer[0]: expected a path in \"initial_filesystem\", got \"a/33.md\"; did you mean "
     "\"a/3.md\"?"},
    {"AnswerOutsideTheHome",
     config_with_task(R"({"type": "file_search", "description": "d", "answer": ["a/../../x"]})"),
     "config.json:2:56: tasks[0].answer[0]: expected a path in the home directory other than \"root\" itself, got "
     "\"a/../../x\""},
    {"AnswerTwice",
     config_with_task(
         R"({"type": "file_search", "description": "d", "initial_filesystem": {"a": ""}, "answer": ["a", "./a"]})"),
     "config.json:2:94: tasks[0].answer[1]: expected each path once, got \"./a\" twice"},
    {"NoPaths", config_with_task(R"({"type": "file_search", "description": "d", "answer": []})"),
     "config.json:2:55: tasks[0].answer: expected at least 1 entry, got 0"},
    {"RootThatIsNoDirectory",
     config_with_task(
         R"({"type": "file_search", "description": "d", "initial_filesystem": {"a": ""}, "root": "~/a", "answer": ["x"]})"),
     "config.json:2:86: tasks[0].root: expected a directory of \"initial_filesystem\", got \"~/a\"\n"
     "config.json:2:104: tasks[0].answer[0]: expected a path in \"initial_filesystem\", got \"x\""},
    {"RootOutsideTheHome",
     config_with_task(R"({"type": "filesystem", "description": "d", "root": "/etc", "answer": {"x": null}})"),
     "config.json:2:52: tasks[0].root: expected \"~\" or a path that starts with \"~/\", got \"/etc\""},
    {"TreeBelowTheRootThatIsThereAlready",
     config_with_task(
         R"({"type": "filesystem", "description": "d", "initial_filesystem": {"a": {"x": ""}, "b": ""}, "root": "~/a", "answer": {"x": null}})"),
     "config.json:2:118: tasks[0].answer: expected a tree that differs from \"initial_filesystem\", got the same: the "
     "task "
     "would pass at once"},
    {"NegativeExtraLines",
     config_with_task(R"({"type": "stdout", "description": "d", "answer": "a", "max_extra_lines": -1})"),
     "config.json:2:74: tasks[0].max_extra_lines: expected a whole number from 0 to 999999, got -1"},
    {"MatchInAFilesystemTask",
     config_with_task(R"({"type": "filesystem", "description": "d", "answer": {}, "match": "lines"})"),
     "config.json:2:58: tasks[0].match: expected \"type\", \"id\", \"title\", \"description\", \"tags\", "
     "\"metadata\", \"initial_filesystem\", \"working_directory\", \"duration_in_seconds\", \"reveal\", "
     "\"feedback\", \"hand_in\", \"tries\", \"give_up\", \"start_over\", \"expected\", \"solution\", "
     "\"must_fail\", \"sandbox\", \"check_every_in_seconds\", \"root\" or \"answer\", got \"match\""},
    {"SeveralAtOnce",
     "{\"server\": {\"port\": \"x\"},\n\"access_codes\": [\"a\", \"a\"],\n\"task_duration_in_seconds\": 0,\n"
     "\"tasks\": [{\"type\": \"stdout\", \"description\": \"\", \"answer\": 1},\n"
     "{\"type\": \"filesystem\", \"description\": \"d\", \"answer\": {\"f\": {\"$archive\": \"none.tar\"}}}],\n"
     "\"tasks\": [], \"sandbox\": {\"plugin\": \"dokcer\"}}",
     "config.json:1:21: server.port: expected a whole number from 0 to 65535, got \"x\"\n"
     "config.json:2:23: access_codes[1]: expected each entry once, got one a second time (first at 2:18)\n"
     "config.json:3:29: task_duration_in_seconds: expected a number above 0 and up to 31536000, got 0\n"
     "config.json:4:45: tasks[0].description: expected a string that is not empty, got \"\"\n"
     "config.json:4:59: tasks[0].answer: expected a string or an array, got 1\n"
     "config.json:5:73: tasks[1].answer.f.$archive: expected a tar file with the tree, got \"none.tar\": cannot read " +
         std::filesystem::absolute("none.tar").string() +
         ": No such file or directory\n"
         "config.json:6:1: tasks: expected each key once, got \"tasks\" a second time (first at 4:1)\n"
         "config.json:6:36: sandbox.plugin: expected an installed sandbox (\"chroot\" or \"docker\"), got \"dokcer\"; "
         "did you mean \"docker\"?"},
};

INSTANTIATE_TEST_SUITE_P(Sections, BrokenConfigTest, testing::ValuesIn(broken_sections), name_of);

constexpr char name_rule[] =
    "expected a file name (without \"/\" and NUL, not \".\" or \"..\") or one of \"$file\", \"$link\", \"$archive\", "
    "\"$directory\", got ";

const BrokenText broken_trees[] = {
    {"TreeIsNull", config_with_tree("null"),
     "config.json:3:1: tasks[0].initial_filesystem: expected an object, got null"},
    {"EntryIsNumber", config_with_tree("{\"a\": 1}"),
     "config.json:3:7: tasks[0].initial_filesystem.a: expected null, a string or an object, got 1"},
    {"EntryIsArray", config_with_tree("{\"a\": {\"b\": [\"c\"]}}"),
     "config.json:3:13: tasks[0].initial_filesystem.a.b: expected null, a string or an object, got an array"},
    {"NameWithSlash", config_with_tree("{\"a/b\": null}"),
     std::string("config.json:3:2: tasks[0].initial_filesystem[\"a/b\"]: ") + name_rule + "\"a/b\""},
    {"NameWithNul", config_with_tree("{\"a\\u0000b\": null}"),
     std::string("config.json:3:2: tasks[0].initial_filesystem[\"a\\u0000b\"]: ") + name_rule + "\"a\\u0000b\""},
    {"NameIsDot", config_with_tree("{\"d\": {\".\": null}}"),
     std::string("config.json:3:8: tasks[0].initial_filesystem.d[\".\"]: ") + name_rule + "\".\""},
    {"NameIsDotDot", config_with_tree("{\"..\": {}}"),
     std::string("config.json:3:2: tasks[0].initial_filesystem[\"..\"]: ") + name_rule + "\"..\""},
    {"NameIsEmpty", config_with_tree("{\"\": null}"),
     std::string("config.json:3:2: tasks[0].initial_filesystem[\"\"]: ") + name_rule + "\"\""},
    {"NameTooLong", config_with_tree("{\"" + std::string(256, 'n') + "\": null}"),
     "config.json:3:262: tasks[0].initial_filesystem." + std::string(256, 'n') +
         ": expected a file name of at most 255 bytes, got one of 256"},
    {"MisspeltSpecial", config_with_tree("{\"a\": {\"$fiel\": {}}}"),
     std::string("config.json:3:8: tasks[0].initial_filesystem.a.$fiel: ") + name_rule + "\"$fiel\""},
    {"FileAtTheRoot", config_with_tree("{\"$file\": {}}"),
     std::string("config.json:3:2: tasks[0].initial_filesystem.$file: ") + name_rule + "\"$file\""},
    {"SomethingBesideFile", config_with_tree("{\"a\": {\"$file\": {}, \"b\": null}}"),
     "config.json:3:21: tasks[0].initial_filesystem.a.b: expected \"$file\", got \"b\""},
    {"UnknownAttribute", config_with_tree("{\"a\": {\"$file\": {\"permissions\": \"0644\"}}}"),
     "config.json:3:18: tasks[0].initial_filesystem.a.$file.permissions: expected \"content\", \"size\", \"mode\", "
     "\"mtime\" or \"owner\", got \"permissions\""},
    {"ModeIsNumber", config_with_tree("{\"a\": {\"$file\": {\"mode\": 644}}}"),
     "config.json:3:26: tasks[0].initial_filesystem.a.$file.mode: expected permissions in octal digits such as "
     "\"0644\", got 644"},
    {"ModeIsNotOctal", config_with_tree("{\"a\": {\"$file\": {\"mode\": \"0689\"}}}"),
     "config.json:3:26: tasks[0].initial_filesystem.a.$file.mode: expected permissions in octal digits such as "
     "\"0644\", got \"0689\""},
    {"TimeIsNotUtc", config_with_tree("{\"a\": {\"$file\": {\"mtime\": \"2024-01-31 12:00\"}}}"),
     "config.json:3:27: tasks[0].initial_filesystem.a.$file.mtime: expected a time in UTC such as "
     "\"2024-01-31T12:00:00Z\", or one before the start such as \"-400d\", got \"2024-01-31 12:00\""},
    {"DayDoesNotExist", config_with_tree("{\"a\": {\"$file\": {\"mtime\": \"2023-02-29T12:00:00Z\"}}}"),
     "config.json:3:27: tasks[0].initial_filesystem.a.$file.mtime: expected an existing date and time from 1970 to "
     "2261, got \"2023-02-29T12:00:00Z\""},
    {"OwnerIsAName", config_with_tree("{\"a\": {\"$file\": {\"owner\": \"root\"}}}"),
     "config.json:3:27: tasks[0].initial_filesystem.a.$file.owner: expected \"me\" or the number of a user, got "
     "\"root\""},
    {"OwnerIsAnother", config_with_tree("{\"a\": {\"$file\": {\"owner\": \"0\"}}}"),
     "config.json:3:27: tasks[0].initial_filesystem.a.$file.owner: expected \"me\", the owner of all files of an "
     "initial file system, got \"0\""},
    {"ContentAndSize", config_with_tree("{\"a\": {\"$file\": {\"content\": \"x\", \"size\": 1}}}"),
     "config.json:3:42: tasks[0].initial_filesystem.a.$file.size: expected either \"content\" or \"size\", got both"},
    {"SizeNegative", config_with_tree("{\"a\": {\"$file\": {\"size\": -1}}}"),
     "config.json:3:26: tasks[0].initial_filesystem.a.$file.size: expected a whole number from 0 to 1099511627776, "
     "got -1"},
    {"LargerThanTheDisk", config_with_tree("{\"a\": {\"$file\": {\"size\": 10485757}}, \"b\": \"x\"}"),
     "config.json:3:1: tasks[0].initial_filesystem: expected at most 10 MiB (sandbox.disk_in_mib), got 10489856 bytes "
     "in blocks of 4096"},
    {"LinkWithoutTarget", config_with_tree("{\"a\": {\"$link\": \"\"}}"),
     "config.json:3:17: tasks[0].initial_filesystem.a.$link: expected a string that is not empty, got \"\""},
    {"LinkWithNul", config_with_tree("{\"a\": {\"$link\": \"x\\u0000\"}}"),
     "config.json:3:17: tasks[0].initial_filesystem.a.$link: expected a link target of at most 4000 bytes without "
     "NUL, got \"x\\u0000\""},
};

INSTANTIATE_TEST_SUITE_P(Trees, BrokenConfigTest, testing::ValuesIn(broken_trees), name_of);

TEST(BrokenConfig, TooManyEntriesAreRefused) {
  std::string tree = "{";
  for (int i = 0; i < 4096; ++i) tree += (i ? ", \"" : "\"") + std::to_string(i) + "\": null";
  EXPECT_EQ(error_of(config_with_tree(tree + "}")),
            "config.json:3:1: tasks[0].initial_filesystem: expected at most 4095 files and directories, got 4096");
}

TEST(BrokenConfig, APathThatIsTooLongIsRefusedOnce) {
  std::string tree = "{}";
  for (int i = 0; i < 40; ++i) tree = "{\"" + std::string(200, 'd') + "\": " + tree + "}";
  const std::string message = error_of(config_with_tree(tree));
  EXPECT_TRUE(message.ends_with("expected a path of at most 4000 bytes, got one of 4019")) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST(BrokenConfig, TheDiskOfTheSandboxSectionCounts) {
  const std::string small = R"({"access_codes": [], "task_duration_in_seconds": 1, "sandbox": {"disk_in_mib": 1},
"tasks": [{"type": "filesystem", "description": "d", "answer": {"a": {"$file": {"size": 1048577}}}}]})";
  EXPECT_EQ(error_of(small),
            "config.json:2:64: tasks[0].answer: expected at most 1 MiB (sandbox.disk_in_mib), got 1052672 bytes in "
            "blocks of 4096");
}

TEST(BrokenConfig, AMissingFileIsNamed) {
  TemporaryFolder folder;
  const auto message = [](const std::string& file) {
    try {
      load_host_config(file, FakePlugins());
      return std::string();
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
  };
  const std::string missing = folder.file("config.json");
  EXPECT_EQ(message(missing), "cannot read " + missing + ": No such file or directory");
  EXPECT_EQ(message(folder.file("")), "cannot read " + folder.file("") + ": it is not a regular file");
}

TEST(BrokenConfig, AMissingDefaultPluginIsNamed) {
  FakePlugins plugins;
  plugins.sandboxes.erase(plugins.sandboxes.begin());
  plugins.ordering_policies.clear();
  EXPECT_EQ(
      error_of(config_with(""), plugins),
      "config.json:1:1: ordering.plugin: expected an installed ordering policy, got \"strict\" (the default); "
      "none is installed\n"
      "config.json:1:1: sandbox.plugin: expected an installed sandbox (\"docker\"), got \"chroot\" (the default)");
}

TEST(BrokenConfig, APluginWithABrokenSchemaCannotBeUsed) {
  FakePlugins plugins;
  plugins.sandboxes.emplace_back("odd", "{\"type\": \"object\",\n \"anyOf\": []}");
  EXPECT_EQ(error_of(config_with(R"("sandbox": {"plugin": "chroot"})"), plugins), "");
  EXPECT_EQ(
      error_of(config_with(R"("sandbox": {"plugin": "odd", "x": 1})"), plugins),
      "config.json:1:24: sandbox.plugin: expected a plugin that can be used as the sandbox, got \"odd\": schema of the "
      "sandbox odd:2:11: anyOf: expected a JSON Schema keyword that tellina checks, got \"anyOf\"");
}

}  // namespace
}  // namespace tellina
