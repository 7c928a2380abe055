/** A category's picture: what its admins gave it, or a drawing on a hue of its own. */
import {
  BookOpen,
  Brain,
  Brush,
  Camera,
  ChefHat,
  Code,
  Crown,
  Dices,
  Dumbbell,
  Film,
  FlaskConical,
  Flower2,
  Gamepad2,
  Hammer,
  Landmark,
  Languages,
  type LucideIcon,
  MessageCircle,
  Mic,
  Mountain,
  Music,
  Newspaper,
  PawPrint,
  Plane,
  Puzzle,
  Scissors,
  Shapes,
  Swords,
  Timer,
  Trophy,
  Volleyball,
} from "lucide-react";
import type { Category } from "../../api/channels";
import { coverOf } from "../../ui/hue";

const DRAWN: Record<string, LucideIcon> = {
  "just-chatting": MessageCircle,
  music: Music,
  art: Brush,
  games: Gamepad2,
  "software-development": Code,
  "science-technology": FlaskConical,
  education: Brain,
  languages: Languages,
  history: Landmark,
  cooking: ChefHat,
  "food-drink": ChefHat,
  "fitness-health": Dumbbell,
  sports: Volleyball,
  outdoors: Mountain,
  travel: Plane,
  "nature-animals": PawPrint,
  gardening: Flower2,
  crafts: Scissors,
  "do-it-yourself": Hammer,
  photography: Camera,
  "film-animation": Film,
  "writing-reading": BookOpen,
  "talk-podcasts": Mic,
  "news-politics": Newspaper,
  "board-games": Dices,
  chess: Crown,
  "role-playing-games": Swords,
  "racing-games": Trophy,
  "puzzle-games": Puzzle,
  speedruns: Timer,
};

export function CategoryCover({ category, size = 48 }: { category: Category; size?: number }) {
  if (category.picture_url) {
    return (
      <img src={category.picture_url} alt="" loading="lazy" className="size-full bg-raised object-cover" />
    );
  }
  const Drawing = DRAWN[category.slug] ?? Shapes;
  return (
    <span
      aria-hidden
      className="flex size-full items-center justify-center text-white/75"
      style={{ background: coverOf(category.slug) }}
    >
      <Drawing style={{ width: size, height: size }} strokeWidth={1.5} />
    </span>
  );
}
