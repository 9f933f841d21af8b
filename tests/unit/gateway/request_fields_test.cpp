#include "host/gateway/request_fields.hpp"

#include <gtest/gtest.h>

namespace tellina {
namespace {

TEST(ParseTarget, DecodesThePathAndLeavesTheQuery) {
  const auto target = parse_target("/static/html/a%20b.html?access_code=b%20b&x=1");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/static/html/a b.html");
  EXPECT_EQ(target->query, "access_code=b%20b&x=1");
}

TEST(ParseTarget, AcceptsTheAbsoluteFormToo) {
  const auto target = parse_target("http://example.org:80/healthz?a");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/healthz");
  EXPECT_EQ(target->query, "a");
  EXPECT_EQ(target->authority, "example.org:80");
  EXPECT_EQ(parse_target("http://example.org")->path, "/");
  EXPECT_EQ(parse_target("HTTPS://example.org?a/b")->path, "/");
  EXPECT_EQ(parse_target("HTTPS://example.org?a/b")->query, "a/b");
  EXPECT_EQ(parse_target("HTTPS://example.org?a/b")->authority, "example.org");
  EXPECT_FALSE(parse_target("/http://example.org/")->authority);
  EXPECT_FALSE(parse_target("http:///healthz")) << "no authority";
}

TEST(ParseTarget, RefusesInvalidPaths) {
  for (const char* text : {"", "*", "healthz", "/%", "/%4", "/%zz", "/a%00b", "/a%0ab", "/%7f", "/a b", "/\t", "/\xff",
                           "/?\xff", "/?a=\xc3\xa4", "/?\x7f", "http://example.org\xff/", "/#\x01"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
}

TEST(FindCookie, FindsOneAmongMany) {
  EXPECT_EQ(find_cookie("a=1; tellina_session=abc; b=2", "tellina_session"), "abc");
  EXPECT_EQ(find_cookie("tellina_session=", "tellina_session"), "");
  EXPECT_EQ(find_cookie("a=b=c", "a"), "b=c");
  EXPECT_FALSE(find_cookie("xtellina_session=abc", "tellina_session"));
  EXPECT_FALSE(find_cookie("", "tellina_session"));
}

TEST(CookieNames, AreInTheirOrder) {
  EXPECT_EQ(cookie_names("b=1; a ; c=2=3"), (std::vector<std::string>{"b", "a", "c"}));
  EXPECT_TRUE(cookie_names("").empty());
}

TEST(FindQueryValue, FindsTheFirst) {
  EXPECT_EQ(find_query_value("a=1&participant=7&participant=8", "participant"), "7");
  EXPECT_EQ(find_query_value("participant", "participant"), "");
  EXPECT_FALSE(find_query_value("xparticipant=7", "participant"));
  EXPECT_FALSE(find_query_value("", "participant"));
}

TEST(CutBasePath, RemovesWholeSegments) {
  const auto cut = [](const char* path, const char* base) {
    Target target;
    target.path = path;
    cut_base_path(target, base);
    return target.path + " " + target.redirect_base;
  };
  EXPECT_EQ(cut("/study/healthz", "/study"), "/healthz ");
  EXPECT_EQ(cut("/study/", "/study"), "/ ");
  EXPECT_EQ(cut("/a/study", "/a/study"), "/ study/");
  EXPECT_EQ(cut("/studyx", "/study"), "/studyx ");
  EXPECT_EQ(cut("/healthz", "/study"), "/healthz ");
  EXPECT_EQ(cut("/study", ""), "/study ");
}

TEST(IsForwardedOrigin, ChecksEachHost) {
  EXPECT_TRUE(is_forwarded_origin("https://a.example", "b.example, a.example:443"));
  EXPECT_FALSE(is_forwarded_origin("https://a.example", "b.example"));
  EXPECT_FALSE(is_forwarded_origin("https://a.example", ""));
  EXPECT_FALSE(is_forwarded_origin("null", "null"));
}

TEST(IsSameOrigin, ComparesHostAndPort) {
  EXPECT_TRUE(is_same_origin("http://127.0.0.1:10411", "127.0.0.1:10411"));
  EXPECT_TRUE(is_same_origin("http://Study.example", "study.example"));
  EXPECT_TRUE(is_same_origin("https://study.example", "study.example:443"));
  EXPECT_TRUE(is_same_origin("http://study.example:80", "study.example"));
  EXPECT_TRUE(is_same_origin("http://[::1]:10411", "[::1]:10411"));
  EXPECT_FALSE(is_same_origin("http://127.0.0.1:10412", "127.0.0.1:10411"));
  EXPECT_FALSE(is_same_origin("http://evil.example", "study.example"));
  EXPECT_FALSE(is_same_origin("http://study.example.evil", "study.example"));
  EXPECT_FALSE(is_same_origin("null", "study.example"));
  EXPECT_FALSE(is_same_origin("http://", ""));
}

TEST(AcceptsGzip, RespectsWeights) {
  EXPECT_TRUE(accepts_gzip("gzip, deflate, br"));
  EXPECT_TRUE(accepts_gzip("br;q=1.0, GZIP;q=0.8"));
  EXPECT_TRUE(accepts_gzip("*"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("*, gzip; q=0.0"));
  EXPECT_FALSE(accepts_gzip("identity"));
  EXPECT_FALSE(accepts_gzip(""));
}

TEST(MatchesEtag, ComparesListsWeakly) {
  EXPECT_TRUE(matches_etag("\"a\"", "\"a\""));
  EXPECT_TRUE(matches_etag("\"x\", W/\"a\"", "\"a\""));
  EXPECT_TRUE(matches_etag("*", "\"a\""));
  EXPECT_FALSE(matches_etag("\"ab\"", "\"a\""));
  EXPECT_FALSE(matches_etag("", "\"a\""));
}

TEST(IsJson, AllowsParameters) {
  EXPECT_TRUE(is_json("application/json"));
  EXPECT_TRUE(is_json("Application/JSON; charset=utf-8"));
  EXPECT_FALSE(is_json("text/plain"));
  EXPECT_FALSE(is_json(""));
}

}  // namespace
}  // namespace tellina
