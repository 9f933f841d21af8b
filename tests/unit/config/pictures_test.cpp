#include <gmock/gmock.h>

#include <fstream>

#include "host/limits.hpp"
#include "host/text/sha256.hpp"
#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string png("\x89PNG\r\n\x1a\n", 8);

/// As JSON; `text` has nothing to escape.
std::string quoted(const std::string& text) { return '"' + text + '"'; }

class PicturesTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder.file(name), std::ios::binary) << content;
  }
  static std::string config(const std::string& description, const std::string& more = "") {
    return R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
{"type": "stdout", "answer": "a", "description": )" +
           description + "}]" + more + "}";
  }
  HostConfig load(const std::string& description, const std::string& more = "") const {
    return parse_host_config(config(description, more), folder.file("config.json"), FakePlugins());
  }
  std::string shown(const std::string& description) const { return load(description).study->tasks[0].description; }
  std::string hash(const std::string& description) const { return load(description).study->tasks[0].definition_hash; }
  /// Without the folder and the place.
  std::string error(const std::string& description) const {
    std::string message = error_of(config(description), FakePlugins(), folder.file("config.json"));
    const std::string start = folder.file("");
    for (std::size_t at; (at = message.find(start)) != std::string::npos;) message.erase(at, start.size());
    return message;
  }
  static std::string address(const std::string& content, const std::string& name) {
    return "study/" + sha256(content).substr(0, limits::picture_hash) + "/" + name;
  }

  TemporaryFolder folder;
};

TEST_F(PicturesTest, ATextHasTheAddressInPlaceOfTheName) {
  write("map.png", png);
  write("a map.PNG", png + "2");
  std::filesystem::create_directory(folder.file("pictures"));
  write("pictures/map.png", png + "3");
  write("page.md", "# Page\n\n![A map](map.png \"Map\")\n\n    ![code](none.png)\n");
  EXPECT_EQ(shown(quoted("![A map](map.png) and `![A map](map.png)`")),
            "![A map](" + address(png, "map.png") + ") and `![A map](map.png)`");
  EXPECT_EQ(shown(quoted("![A map](<a map.PNG>)![A map](a%20map.PNG)")),
            "![A map](" + address(png + "2", "a%20map.PNG") + ")![A map](" + address(png + "2", "a%20map.PNG") + ")");
  EXPECT_EQ(shown(quoted("![A map](pictures/map.png)")), "![A map](" + address(png + "3", "map.png") + ")");
  EXPECT_EQ(shown(quoted("![A map][m]\\n\\n[m]: pictures/../map.png")),
            "![A map][m]\n\n[m]: " + address(png, "map.png"));
  EXPECT_EQ(shown(R"({"file": "page.md"})"),
            "# Page\n\n![A map](" + address(png, "map.png") + " \"Map\")\n\n    ![code](none.png)\n");
  EXPECT_EQ(shown(quoted("![Elsewhere](https://example.org/a.png)")), "![Elsewhere](https://example.org/a.png)");
}

TEST_F(PicturesTest, TheConfigurationHasThePicturesOnce) {
  write("b.jpeg", "\xff\xd8\xff\xe0 jpeg");
  write("a.gif", "GIF89a...");
  write("c.webp", std::string("RIFF\x04\0\0\0WEBP", 12));
  const HostConfig config = load(quoted("![B](b.jpeg) ![A](a.gif) ![B](b.jpeg) ![C](c.webp)"));
  ASSERT_EQ(config.pictures.size(), 3U);
  EXPECT_EQ(config.pictures[0].name, "a.gif");
  EXPECT_EQ(config.pictures[0].content_type, "image/gif");
  EXPECT_EQ(*config.pictures[0].content, "GIF89a...");
  EXPECT_EQ(config.pictures[1].address(), address("\xff\xd8\xff\xe0 jpeg", "b.jpeg"));
  EXPECT_EQ(config.pictures[1].content_type, "image/jpeg");
  EXPECT_EQ(config.pictures[2].content_type, "image/webp");
  EXPECT_TRUE(config.warnings.empty());
}

TEST_F(PicturesTest, EveryTextOfAStudyHasPictures) {
  for (const char* name : {"d", "e", "c", "p", "b", "q", "h", "t", "o"}) write(std::string(name) + ".png", png + name);
  write("t.md", "![t](t.png)");
  const HostConfig config = parse_host_config(
      R"json({"access_codes": [], "task_duration_in_seconds": 1,
 "tasks": [{"type": "stdout", "answer": "a", "description": "![d](d.png)", "expected": "![e](e.png)"}],
 "blocks": {"I": {"tasks": ["task-1"]}}, "treatments": {"web": {"title": "Web", "text": {"file": "t.md"}}},
 "assignment": {"groups": {"all": [{"block": "I", "treatment": "web"}]}},
 "questionnaires": {"form": {"title": "F", "text": "![q](q.png)",
   "fields": [{"name": "a", "type": "text", "label": "A", "help": "![h](h.png)"}]}},
 "flow": [{"consent": "![c](c.png)"}, {"page": "![p](p.png)"}, {"questionnaire": "form"}, {"break": "![b](b.png)"},
   {"periods": [{"tasks": "{block}"}]}],
 "completion": {"completed": {"text": "![o](o.png)"}}})json",
      folder.file("config.json"), FakePlugins());
  const auto reference = [](const std::string& name) {
    return "![" + name + "](" + address(png + name, name + ".png") + ")";
  };
  const Study& study = *config.study;
  EXPECT_EQ(study.tasks[0].description, reference("d"));
  EXPECT_EQ(study.tasks[0].expected, reference("e"));
  EXPECT_EQ(study.design.treatments[0].text.files.at("t.md"), reference("t"));
  EXPECT_EQ(study.design.forms[0].text.text, reference("q"));
  EXPECT_EQ(study.design.forms[0].fields[0].help, reference("h"));
  EXPECT_EQ(study.design.flow[0].text.text, reference("c"));
  EXPECT_EQ(study.design.flow[1].text.text, reference("p"));
  EXPECT_EQ(study.design.flow[3].text.text, reference("b"));
  EXPECT_EQ(study.design.completion.at(Outcome::completed).text, reference("o"));
  EXPECT_EQ(config.pictures.size(), 9U);
}

TEST_F(PicturesTest, AChangedPictureIsAnotherTask) {
  const std::string text = quoted("![A map](map.png)");
  write("page.md", "![A map](map.png)");
  write("map.png", png);
  const std::string inline_hash = hash(text);
  const std::string file_hash = hash(R"({"file": "page.md"})");
  EXPECT_EQ(hash(text), inline_hash);
  write("map.png", png + "changed");
  EXPECT_NE(hash(text), inline_hash);
  EXPECT_NE(hash(R"({"file": "page.md"})"), file_hash);
  EXPECT_EQ(load(text).study->tasks[0].settings.find("study/"), std::string::npos) << "the record has the file's name";
}

TEST_F(PicturesTest, AChangedPictureIsAnotherDesign) {
  const auto design_hash = [&](const std::string& flow) {
    return load(quoted("Print it."), R"json(, "questionnaires": {"form": {"title": "F",
      "fields": [{"name": "a", "type": "text", "label": "A", "help": "![A map](help.png)"}]}}, "flow": )json" +
                                         flow)
        .study->design.hash;
  };
  const std::string page = R"json([{"page": "![A map](page.png)"}, {"tasks": "*"}])json";
  const std::string form = R"([{"questionnaire": "form"}, {"tasks": "*"}])";
  write("page.png", png);
  write("help.png", png);
  const std::string page_hash = design_hash(page);
  const std::string form_hash = design_hash(form);
  EXPECT_EQ(design_hash(page), page_hash);
  write("page.png", png + "changed");
  EXPECT_NE(design_hash(page), page_hash);
  EXPECT_EQ(design_hash(form), form_hash);
  write("help.png", png + "changed");
  EXPECT_NE(design_hash(form), form_hash);
}

TEST_F(PicturesTest, APictureThatCannotBeShownIsNamedWithItsPlace) {
  const std::string start = "config.json:2:50: tasks[0].description: expected a picture beside config.json, got ";
  write("map.png", png);
  EXPECT_EQ(error(quoted("![A](mop.png)")),
            start + "\"mop.png\": No such file or directory; did you mean \"map.png\"?");
  EXPECT_EQ(error(quoted("![A](none.png) ![B](other.png)")),
            start + "\"none.png\": No such file or directory\n" + start + "\"other.png\": No such file or directory");
  EXPECT_EQ(error(quoted("![A](/etc/passwd)")),
            start + "\"/etc/passwd\": a picture is named relative to the folder of the configuration");
  EXPECT_EQ(error(quoted("![A](../../../../../../../etc/passwd)")),
            start + "\"../../../../../../../etc/passwd\": it is outside the folder of the configuration");
  EXPECT_EQ(error(quoted("![A](..%2f..%2f..%2f..%2f..%2fetc%2fpasswd)")),
            start + "\"../../../../../etc/passwd\": it is outside the folder of the configuration");
  std::filesystem::create_symlink("/etc/passwd", folder.file("link.png"));
  EXPECT_EQ(error(quoted("![A](link.png)")), start + "\"link.png\": it is outside the folder of the configuration");
  std::filesystem::create_directory(folder.file("folder.png"));
  EXPECT_EQ(error(quoted("![A](folder.png)")), start + "\"folder.png\": it is not a regular file");
  EXPECT_EQ(error(quoted("![A](a%00.png)")),
            start + "\"a\\u0000.png\": its name has characters that are not printable");
  for (const char* content :
       {"", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "GIF88a..", "\xff\xd8", "RIFF1234WAVE"}) {
    write("text.png", content);
    EXPECT_EQ(error(quoted("![A](text.png)")), start + "\"text.png\": its content is not png, jpeg, webp or gif")
        << content;
  }
  write("map.gif", png);
  EXPECT_EQ(error(quoted("![A](map.gif)")), start + "\"map.gif\": its content is png, so its name must end in .png");
  write("map", png);
  EXPECT_EQ(error(quoted("![A](map)")), start + "\"map\": its content is png, so its name must end in .png");
  EXPECT_EQ(error(quoted("![A]({treatment}.png)")),
            start + "\"{treatment}.png\": a picture has one name in all periods");
  EXPECT_EQ(
      error(quoted("![A](map`.png)")),
      "config.json:2:50: tasks[0].description: expected a picture as ![WORDS](NAME), got \"map`.png\" in another form");
  write("page.md", "# One\n\n![A](none.png)\n");
  EXPECT_EQ(error(R"({"file": "page.md"})"),
            "config.json:2:59: tasks[0].description.file: expected a picture beside config.json, got \"none.png\" "
            "(page.md:3): No such file or directory");
}

TEST_F(PicturesTest, PicturesHaveAtMostTheirSize) {
  const std::string start = "config.json:2:50: tasks[0].description: expected a picture beside config.json, got ";
  write("large.png", png + std::string(limits::picture_file - png.size(), 'x'));
  EXPECT_EQ(load(quoted("![A](large.png)")).pictures.size(), 1U);
  write("larger.png", png + std::string(limits::picture_file - png.size() + 1, 'x'));
  EXPECT_EQ(error(quoted("![A](larger.png)")), start + "\"larger.png\": 5242881 bytes are over the limit of 5242880");
  std::string text;
  for (int number = 1; number <= 13; ++number) {
    const std::string name = std::to_string(number) + ".png";
    std::filesystem::create_hard_link(folder.file("large.png"), folder.file(name));
    text += "![A](" + name + ")";
  }
  EXPECT_EQ(error("\"" + text + "\""),
            start + "\"13.png\": with it, the study's pictures have 68157440 bytes, over the limit of 67108864");
}

TEST_F(PicturesTest, WarnsAboutPicturesThatSomeoneDoesNotSee) {
  write("map.png", png);
  const std::string start = folder.file("config.json") + ":2:50: tasks[0].description: expected ";
  EXPECT_THAT(
      load(quoted("![A](https://example.org/a.png) ![A](//example.org/a.png) ![A](data:image/png;base64,AA) ![A]()"))
          .warnings,
      ElementsAre(start + "a picture beside the configuration, got \"https://example.org/a.png\", which the page "
                          "does not show: it loads nothing from other sites",
                  HasSubstr("\"//example.org/a.png\", which"), HasSubstr("\"data:image/png;base64,AA\", which"),
                  start + "the name of a picture in the brackets of ![...](), got none"));
  EXPECT_THAT(
      load(quoted("![](map.png) ![ ](map.png)")).warnings,
      ElementsAre(start + "words for participants who do not see the picture, as ![WORDS](map.png), got none for "
                          "\"map.png\""));
}

}  // namespace
}  // namespace tellina
