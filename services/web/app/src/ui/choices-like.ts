/** Choices that fit what somebody types to find one. Pure. */

export interface Choice {
  value: string;
  /** What it is called where it is chosen. */
  label: string;
  /** What else it is known by. */
  also?: string[];
}

const flat = (text: string) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();

const namesOf = ({ label, also = [] }: Choice) => [label, ...also].map(flat);

/** In their order, those that begin so before those that have it within; accents and case do not count. All, where nothing is typed. */
export function choicesLike(choices: readonly Choice[], typed: string): Choice[] {
  const text = flat(typed);
  const begins = (choice: Choice) => namesOf(choice).some((name) => name.startsWith(text));
  const has = (choice: Choice) => namesOf(choice).some((name) => name.includes(text));
  return [...choices.filter(begins), ...choices.filter((choice) => !begins(choice) && has(choice))];
}

/** The one that is called just so: by its label before any that is known by it otherwise. */
export function choiceCalled(choices: readonly Choice[], typed: string): Choice | undefined {
  const text = flat(typed);
  return (
    choices.find(({ label }) => flat(label) === text) ??
    choices.find((choice) => namesOf(choice).includes(text))
  );
}
