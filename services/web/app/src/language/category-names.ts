/**
 * The categories that a platform begins with, for the catalogue: their translations are looked up by `category-name`, so that nothing of
 * this is loaded. `crates/domain/src/category.rs` has the same ones for mails and pushes.
 */
import { msg } from "@lingui/core/macro";

export const CATEGORY_NAMES = [
  msg({ id: "category.Just Chatting", message: "Just Chatting" }),
  msg({ id: "category.Music", message: "Music" }),
  msg({ id: "category.Art", message: "Art" }),
  msg({ id: "category.Games", message: "Games" }),
  msg({ id: "category.Software Development", message: "Software Development" }),
  msg({ id: "category.Science & Technology", message: "Science & Technology" }),
  msg({ id: "category.Education", message: "Education" }),
  msg({ id: "category.Languages", message: "Languages" }),
  msg({ id: "category.History", message: "History" }),
  msg({ id: "category.Cooking", message: "Cooking" }),
  msg({ id: "category.Food & Drink", message: "Food & Drink" }),
  msg({ id: "category.Fitness & Health", message: "Fitness & Health" }),
  msg({ id: "category.Sports", message: "Sports" }),
  msg({ id: "category.Outdoors", message: "Outdoors" }),
  msg({ id: "category.Travel", message: "Travel" }),
  msg({ id: "category.Nature & Animals", message: "Nature & Animals" }),
  msg({ id: "category.Gardening", message: "Gardening" }),
  msg({ id: "category.Crafts", message: "Crafts" }),
  msg({ id: "category.Do It Yourself", message: "Do It Yourself" }),
  msg({ id: "category.Photography", message: "Photography" }),
  msg({ id: "category.Film & Animation", message: "Film & Animation" }),
  msg({ id: "category.Writing & Reading", message: "Writing & Reading" }),
  msg({ id: "category.Theatre & Dance", message: "Theatre & Dance" }),
  msg({ id: "category.Talk & Podcasts", message: "Talk & Podcasts" }),
  msg({ id: "category.News & Politics", message: "News & Politics" }),
  msg({ id: "category.Board Games", message: "Board Games" }),
  msg({ id: "category.Chess", message: "Chess" }),
  msg({ id: "category.Retro Games", message: "Retro Games" }),
  msg({ id: "category.Role-Playing Games", message: "Role-Playing Games" }),
  msg({ id: "category.Shooters", message: "Shooters" }),
  msg({ id: "category.Strategy Games", message: "Strategy Games" }),
  msg({ id: "category.Racing Games", message: "Racing Games" }),
  msg({ id: "category.Simulation Games", message: "Simulation Games" }),
  msg({ id: "category.Puzzle Games", message: "Puzzle Games" }),
  msg({ id: "category.Indie Games", message: "Indie Games" }),
  msg({ id: "category.Speedruns", message: "Speedruns" }),
];
