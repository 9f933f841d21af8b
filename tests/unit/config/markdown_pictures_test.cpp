#include "host/config/markdown_pictures.hpp"

#include <gtest/gtest.h>

namespace tellina {
namespace {

/// "TARGET|ALTERNATIVE|what the text has at the target's place" of each picture; "?" for no place.
std::vector<std::string> found_in(const std::string& markdown) {
  std::vector<std::string> found;
  for (const MarkdownPicture& picture : find_pictures(markdown)) {
    const auto& place = picture.place;
    found.push_back(picture.target + "|" + picture.alternative + "|" +
                    (place ? markdown.substr(place->begin, place->end - place->begin) : "?"));
  }
  return found;
}

using Found = std::vector<std::string>;

TEST(MarkdownPicturesTest, FindsEachFormOfAReference) {
  EXPECT_EQ(found_in("![A map](map.png)"), Found{"map.png|A map|map.png"});
  EXPECT_EQ(found_in("![A map]( map.png 'The \"title\"' )"), Found{"map.png|A map|map.png"});
  EXPECT_EQ(found_in("![A *nice* `map`](<a map.png> \"T\")"), Found{"a map.png|A nice map|<a map.png>"});
  EXPECT_EQ(found_in("![A map](map(1).png)"), Found{"map(1).png|A map|map(1).png"});
  EXPECT_EQ(found_in("![A map](map\\).png)"), Found{"map).png|A map|map\\).png"});
  EXPECT_EQ(found_in("![A map](a&amp;b.png)"), Found{"a&b.png|A map|a&amp;b.png"});
  EXPECT_EQ(found_in("![A map](a%20map.png)"), Found{"a%20map.png|A map|a%20map.png"});
  EXPECT_EQ(found_in("![A map]\n(no.png)"), Found{});
  EXPECT_EQ(found_in("![A map](\nmap.png\n\"T\")"), Found{"map.png|A map|map.png"});
  EXPECT_EQ(found_in("![A map][m] and ![Another][m]\n\n[m]: map.png 'T'"),
            (Found{"map.png|A map|map.png", "map.png|Another|map.png"}));
  EXPECT_EQ(found_in("![m]\n\n[m]: <map.png>"), Found{"map.png|m|<map.png>"});
  EXPECT_EQ(found_in("![]()"), Found{"||?"});
}

TEST(MarkdownPicturesTest, FindsPicturesInEveryPartOfAText) {
  EXPECT_EQ(found_in("# A ![h](h.png)\n\n> - ![l](l.png)\n>   1. **![b](b.png)**\n\n| a |\n|---|\n| ![t](t.png) |\n"),
            (Found{"h.png|h|h.png", "l.png|l|l.png", "b.png|b|b.png", "t.png|t|t.png"}));
  EXPECT_EQ(found_in("[![In a link](in.png)](https://example.org/x)"), Found{"in.png|In a link|in.png"});
  EXPECT_EQ(found_in("![a](same.png)![a](same.png)").size(), 2U);
  EXPECT_EQ(found_in("- list\n\n      ![not code](in-list.png)"), Found{}) << "six spaces are code in this item";
  EXPECT_EQ(found_in("- list\n\n  ![in the item](item.png)"), Found{"item.png|in the item|item.png"});
  EXPECT_EQ(found_in("1. one\n\n    ![three are the item's](item.png)"),
            Found{"item.png|three are the item's|item.png"});
}

TEST(MarkdownPicturesTest, LeavesCodeHtmlAndEscapedTextAlone) {
  for (const char* text :
       {"`![a](a.png)`", "`` ` ![a](a.png) ` ``", "```\n![a](a.png)\n```", "~~~ md\n![a](a.png)\n```\n~~~",
        "```\n![a](a.png)", "    ![a](a.png)", "> ```\n> ![a](a.png)\n> ```", "- a\n  ```\n  ![a](a.png)\n  ```",
        "<div>\n![a](a.png)\n</div>", "<!-- ![a](a.png) -->", "\\![a](a.png)", "!\\[a](a.png)", "![a\\](a.png)",
        "![a] (a.png)", "![a](a .png)", "![a](a.png", "[a](a.png)", "![a][b]", "<https://example.org/![a](a.png)>"}) {
    for (const std::string& found : found_in(text)) {
      EXPECT_EQ(found, "") << text;
    }
  }
  EXPECT_EQ(found_in("\\\\![a](a.png)"), Found{"a.png|a|a.png"}) << "the backslash is escaped";
  EXPECT_EQ(found_in("`code` ![a](a.png) `![b](b.png)`"), Found{"a.png|a|a.png"});
  EXPECT_EQ(found_in("` ![a](a.png)"), Found{"a.png|a|a.png"}) << "a backquote without its partner";
}

/// The place is that of the target, or there is none: never that of other text.
TEST(MarkdownPicturesTest, HasNoPlaceWhereTheTargetIsNotCertain) {
  EXPECT_EQ(found_in("![a](a`b.png)"), Found{"a`b.png|a|?"});
  EXPECT_EQ(found_in("> ![a](\n> a.png)"), Found{"a.png|a|?"});
  for (const char* text :
       {"![a](b](c.png)", "![a](x](y](z.png) `", "![![in](in.png)](out.png)", "![a](`) ![b](b.png)`)",
        "[m]: m.png\n[m]: n.png\n\n![m] `[m]: x.png`", "![a]: b.png\n\n![a]"}) {
    const std::string markdown = text;
    for (const MarkdownPicture& picture : find_pictures(markdown)) {
      if (!picture.place) continue;
      EXPECT_EQ(markdown.substr(picture.place->begin, picture.place->end - picture.place->begin), picture.target)
          << text;
    }
  }
}

TEST(MarkdownPicturesTest, ReadsLongHostileTexts) {
  constexpr std::size_t repeats = 50'000;
  for (const char* part : {"![", "](", "![a](", "![a](b", "]:", "![a](a.png)", "[m]: x\n", "`![", "> ", "((", "<"}) {
    std::string text = "![a](a.png)\n\n";
    for (std::size_t i = 0; i < repeats; ++i) text += part;
    EXPECT_FALSE(find_pictures(text).empty()) << part;
  }
  EXPECT_EQ(found_in(std::string("![a\0b](a.png)", 13)).size(), 1U) << "the library replaces NUL";
}

}  // namespace
}  // namespace tellina
