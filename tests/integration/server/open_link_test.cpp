/// The open link on the real server: who gets in, once, and what looks at the link without taking part.

#include <boost/json.hpp>

#include <atomic>
#include <map>
#include <regex>
#include <thread>

#include "server_fixture.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
namespace json = boost::json;

constexpr const char* link = R"("id_parameter": "PID", "keep_parameters": ["STUDY_ID"], "id_pattern": "[0-9a-f]{6}")";
constexpr const char* browser_key = "0123456789abcdef0123456789abcdef";

class OpenLink : public ServerTest {
 protected:
  /// `members`: of the link. `more`: of the configuration, each followed by a comma.
  static StudyConfig study(const std::string& members = link, const std::string& more = "") {
    StudyConfig config;
    config.access_codes.clear();
    config.more = "\"entry\": {\"open_link\": {" + members + "}}, " + more;
    return config;
  }
  HttpAnswer ask(const std::string& line, const std::string& headers = "", const std::string& body = "") {
    return http_request(server().port(), line + " HTTP/1.1\r\n" + headers, body);
  }
  HttpAnswer post(const std::string& body, const std::string& headers = "") {
    return ask("POST /api/v1/join", "Content-Type: application/json\r\n" + headers, body);
  }
  HttpAnswer join_as(const std::string& id, const std::string& headers = "", const std::string& more = "") {
    return post(R"({"parameters": {"PID": ")" + id + R"(", "STUDY_ID": "s1", "utm": "x"})" + more + "}", headers);
  }
  static std::string cookie_of(const HttpAnswer& answer) {
    std::smatch found;
    const bool has_cookie =
        std::regex_search(answer.head, found, std::regex("Set-Cookie: (tellina_session=[0-9a-f]+)"));
    return has_cookie ? found[1].str() : "";
  }
  static std::string with_cookie(const HttpAnswer& answer) { return "Cookie: " + cookie_of(answer) + "\r\n"; }
  /// "409 already_joined", or "200".
  static std::string verdict(const HttpAnswer& answer) {
    const json::value body = json::parse(answer.body);
    const json::value* error = body.is_object() ? body.get_object().if_contains("error") : nullptr;
    return std::to_string(answer.status) + (error ? " " + json::value_to<std::string>(error->at("code")) : "");
  }
  std::string participants() const { return database().value("SELECT count(*) FROM participants"); }
  std::string command(const std::vector<std::string>& words, int status = 0) {
    ChildProcess child(program_file(), words, folder(), "command");
    EXPECT_EQ(child.wait(std::chrono::seconds(20)), status) << child.errors();
    return status == 0 ? child.output() : child.errors();
  }
  TestClient connected(const HttpAnswer& joined) {
    TestClient client(server().port(), cookie_of(joined));
    client.connect();
    return client;
  }
};

TEST_F(OpenLink, AGlanceAtTheLinkChangesNothing) {
  start(study());
  for (const char* const line : {"GET /join?PID=00000a", "HEAD /join?PID=00000a", "GET /join", "GET /join?PID=%0a"}) {
    for (const char* const purpose : {"", "Sec-Purpose: prefetch\r\n", "User-Agent: Slackbot-LinkExpanding 1.0\r\n"}) {
      const HttpAnswer page = ask(line, purpose);
      EXPECT_EQ(page.status, 200) << line;
      EXPECT_THAT(page.head, Not(HasSubstr("Set-Cookie"))) << line;
      EXPECT_THAT(page.head, HasSubstr("Content-Security-Policy: ")) << line;
    }
  }
  EXPECT_THAT(ask("GET /join").body, AllOf(HasSubstr("src=\"static/v-"), Not(HasSubstr("=\"../"))));
  std::smatch script;
  const std::string page = ask("GET /join").body;
  ASSERT_TRUE(std::regex_search(page, script, std::regex("src=\"(static/v-[0-9a-f]+/js/app/main.js)\"")));
  EXPECT_EQ(ask("GET /" + script[1].str()).status, 200);
  for (const char* const method : {"POST", "PUT", "DELETE", "OPTIONS"})
    EXPECT_EQ(ask(std::string(method) + " /join?PID=00000a").status, 405) << method;
  EXPECT_EQ(ask("GET /api/v1/join?PID=00000a").status, 405);
  EXPECT_EQ(participants() + " " + database().value("SELECT count(*) FROM logins"), "0 0");
}

TEST_F(OpenLink, AStudyWithoutOneHasNoSuchPage) {
  start(StudyConfig());
  EXPECT_EQ(ask("GET /join?PID=00000a").status, 404);
  EXPECT_EQ(verdict(join_as("00000a")), "404 not_found");
  EXPECT_EQ(participants(), "2");
}

TEST_F(OpenLink, EachRequestThatIsSentThreeTimesActsOnce) {
  start(study());
  const HttpAnswer first = join_as("00000a");
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_THAT(first.head, AllOf(HasSubstr("; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000"),
                                HasSubstr("Cache-Control: no-store")));
  const std::string row =
      "SELECT label || ' ' || stage || ' ' || external_id || ' ' || entry_parameters || ' ' || is_bot FROM "
      "participants";
  EXPECT_EQ(database().value(row), R"(P001 main 00000a {"STUDY_ID":"s1"} 0)");
  const std::string code = database().value("SELECT access_code FROM participants");
  EXPECT_GE(code.size(), 32U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(verdict(join_as("00000a")), "409 already_joined");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(verdict(join_as("00000a", with_cookie(first))), "200");
  EXPECT_EQ(verdict(join_as("00000a", "Cookie: tellina_session=" + std::string(64, 'a') + "\r\n")),
            "409 already_joined");
  EXPECT_EQ(participants(), "1");

  const HttpAnswer second = join_as("00000b", with_cookie(first));
  EXPECT_EQ(verdict(second), "200") << "another person at the same computer";
  EXPECT_EQ(verdict(join_as("00000a", with_cookie(second))), "409 already_joined") << "the other person's cookie";
  EXPECT_EQ(participants(), "2");

  for (const char* const id : {"", "00000A", "00000", "00000aa", "00000a\\n", "\\u0000", "<script>"})
    EXPECT_EQ(verdict(join_as(id)), "400 bad_id") << id;
  EXPECT_EQ(verdict(post(R"({"parameters": {}})")), "400 bad_id");
  EXPECT_EQ(verdict(post(R"({"parameters": {"PID": ["00000c"]}})")), "400 bad_id");
  EXPECT_EQ(verdict(post(R"({"parameters": {"PID": "00000c", "STUDY_ID": ")" + std::string(501, 'x') + "\"}}")),
            "400 bad_id");
  for (const char* const body : {"[]", "{}", R"({"parameters": []})", R"({"parameters": {}, "browser_key": "short"})",
                                 R"({"parameters": {}, "browser_key": 7})"}) {
    EXPECT_EQ(verdict(post(body)), "400 bad_request") << body;
  }
  EXPECT_EQ(verdict(post(R"({"parameters": {"x": ")" + std::string(17'000, 'x') + "\"}}")), "400 bad_request");
  EXPECT_EQ(verdict(post("{")), "400 bad_json");
  EXPECT_EQ(verdict(ask("POST /api/v1/join", "Content-Type: text/plain\r\n", "{}")), "415 unsupported_media_type");
  EXPECT_EQ(verdict(join_as("00000c", "Origin: https://elsewhere.example\r\n")), "403 cross_origin");
  EXPECT_EQ(participants(), "2");
}

TEST_F(OpenLink, TheLinkClosesAndFillsUpForNewcomersOnly) {
  start(study(std::string(link) + ", \"limit\": 2"));
  const HttpAnswer first = join_as("00000a");
  EXPECT_EQ(verdict(join_as("00000b")), "200");
  EXPECT_EQ(verdict(join_as("00000c")), "403 full");
  EXPECT_EQ(verdict(join_as("00000a", with_cookie(first))), "200");
  command({"participants", "reset", "P001"});
  EXPECT_EQ(verdict(join_as("00000c")), "403 full") << "a reset frees no place";
  stop();

  start(study(std::string(link) + ", \"limit\": 0"));
  EXPECT_EQ(verdict(join_as("00000c")), "403 closed");
  EXPECT_EQ(ask("GET /join").status, 200) << "those who have joined need the page";
  stop();
  start(study(link, R"("study": {"stage": "second"}, )"));
  EXPECT_EQ(verdict(join_as("00000b")), "200") << "another stage";
  EXPECT_EQ(database().value("SELECT group_concat(label || stage, ' ') FROM participants"),
            "P001main P002main P003second");
}

TEST_F(OpenLink, AnIdIsEnoughOnlyIfTheStudySaysSo) {
  start(study(std::string(link) + ", \"rejoin\": \"anywhere\""));
  EXPECT_EQ(verdict(join_as("00000a")), "200");
  const HttpAnswer again = join_as("00000a");
  EXPECT_EQ(verdict(again), "200");
  EXPECT_EQ(participants(), "1");
  EXPECT_EQ(connected(again).state(), "ready");
}

TEST_F(OpenLink, TheBrowserThatJoinedReturnsAlthoughTheAnswerWasLost) {
  start(study());
  const std::string key = std::string(R"(, "browser_key": ")") + browser_key + "\"";
  EXPECT_EQ(verdict(join_as("00000a", "", key)), "200");
  EXPECT_EQ(verdict(join_as("00000a", "", key)), "200") << "the answer with the cookie was lost";
  EXPECT_EQ(verdict(join_as("00000a", "", R"(, "browser_key": "1123456789abcdef0123456789abcdef")")),
            "409 already_joined");
  EXPECT_EQ(verdict(join_as("00000b", "", key)), "200") << "another person at the same browser";
  EXPECT_EQ(verdict(join_as("00000a", "", key)), "200");
  command({"participants", "reset", "P001"});
  const HttpAnswer after_reset = join_as("00000a", "", key);
  EXPECT_EQ(verdict(after_reset), "200");
  EXPECT_EQ(connected(after_reset).state(), "ready");
  EXPECT_EQ(participants(), "2");
  EXPECT_EQ(database().value("SELECT count(DISTINCT browser_hash) FROM participants"), "2");
  EXPECT_THAT(database().rows("SELECT * FROM participants WHERE browser_hash LIKE '%' || ?1 || '%'", {browser_key}),
              ElementsAre());
}

TEST_F(OpenLink, AHundredAtOnceWithOneIdAreOneParticipant) {
  start(study(link, R"("workers": 4, "channel_layer": {"plugin": "ipc", "directory": ")" +
                        (folder() / "meet").string() + "\"}, "));
  EXPECT_EQ(server().role_processes("worker").size(), 4U);
  std::map<std::string, std::atomic<int>> verdicts;
  for (const char* const one : {"200", "409 already_joined"}) verdicts[one] = 0;
  std::atomic<int> others = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 20; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        const auto found = verdicts.find(verdict(join_as("00000a")));
        ++(found == verdicts.end() ? others : found->second);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(verdicts["200"], 1);
  EXPECT_EQ(verdicts["409 already_joined"], 99);
  EXPECT_EQ(others, 0);
  EXPECT_EQ(participants(), "1");
  const HttpAnswer flood = join_as("00000b");
  EXPECT_EQ(verdict(flood), "429 too_many_joins") << "100 in a minute from one address";
  EXPECT_THAT(flood.head, HasSubstr("Retry-After: "));
  EXPECT_EQ(participants(), "1");
}

TEST_F(OpenLink, WhoHasJoinedIsStillInAfterTheServerWasKilled) {
  start(study());
  const HttpAnswer joined = join_as("00000a");
  server().kill();
  ASSERT_EQ(verdict(joined), "200");
  start();
  EXPECT_EQ(connected(joined).state(), "ready");
  EXPECT_EQ(verdict(join_as("00000a")), "409 already_joined");
  stop();
  start();
  TestClient client = connected(joined);
  client.start_task(1);
  client.expect_prompt();
  EXPECT_EQ(database().value("SELECT participant_id FROM results"), "P001");
}

TEST_F(OpenLink, TheWholeWayNamesNoCodeAndNoExternalIdInTheLog) {
  const std::string pattern = R"("id_parameter": "PID", "keep_parameters": ["STUDY_ID"])";
  configure(study(pattern, R"("study": {"stage": "pilot"}, "completion": {"completed": {"code": "generated",
      "redirect": "https://panel.example/complete?cc={code}"}}, "server": {"public_url": "https://lab.example"}, )"));
  start({"--log-level", "debug"});
  const std::string id = "secretexternalid";
  const HttpAnswer joined = join_as(id);
  ASSERT_EQ(verdict(joined), "200");
  EXPECT_EQ(verdict(join_as(id)), "409 already_joined");
  const std::string code = database().value("SELECT access_code FROM participants");
  EXPECT_EQ(command({"participants", "link", "P001"}), "https://lab.example/?access_code=" + code + "\n");
  EXPECT_EQ(command({"participants", "link", "p001", "--port", "80", "--address", "10.0.0.5"}),
            "http://10.0.0.5:80/?access_code=" + code + "\n");
  EXPECT_THAT(command({"participants", "link", "P009"}, 1), HasSubstr("expected a participant's id, P001 to P001"));
  EXPECT_THAT(command({"participants", "code", "P001"}, 1), HasSubstr("P001: expected an ended study"));

  TestClient client = connected(joined);
  client.start_task(1);
  client.expect_prompt();
  client.type("echo hello world\r");
  ASSERT_TRUE(client.wait_until([&] { return client.state() == "ready"; }));
  client.start_task(2);
  client.send_json(R"({"type": "give_up", "id": "g1", "task": 2})");
  client.wait_for_answer("done", "g1");
  ASSERT_TRUE(client.wait_until([&] { return client.state() == "finished"; }));
  const std::string completion = text_of(client.state_object(), "code");
  EXPECT_EQ(text_of(client.state_object(), "redirect"), "https://panel.example/complete?cc=" + completion);
  EXPECT_EQ(command({"participants", "code", "P001"}), completion + "\n");
  EXPECT_EQ(command({"participants", "code", "--verify", completion}), "P001 completed\n");
  EXPECT_THAT(command({"participants", "code", "--verify", "AAAAAAAA"}, 1), HasSubstr("nobody has"));
  EXPECT_THAT(command({"participants", "code"}, 2), HasSubstr("expected one participant's id"));
  const std::string metrics = ask("GET /metrics").body;
  command({"participants", "reset", code});
  EXPECT_EQ(command({"participants", "code", "--verify", completion}), "P001 completed\n") << "before the reset";
  stop();

  const std::string log = server().errors();
  EXPECT_THAT(
      log, AllOf(HasSubstr("event=participant_added participant=P001"), HasSubstr("event=logged_in participant=P001"),
                 HasSubstr("event=login_refused reason=already_joined address=127.0.0.1"),
                 HasSubstr("event=outcome participant=P001 outcome=completed")));
  for (const std::string& secret : {code, id, cookie_of(joined).substr(16), completion}) {
    EXPECT_FALSE(secret.empty());
    EXPECT_THAT(log, Not(HasSubstr(secret)));
    EXPECT_THAT(metrics, Not(HasSubstr(secret)));
  }
}

}  // namespace
}  // namespace tellina::testing
