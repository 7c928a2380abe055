/** The colour of one's own name, in every chat. Any hue can be read on both grounds: how light it is the reader's theme decides. */
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { useState } from "react";
import { chooseColour } from "../../api/chat";
import { sentence } from "../../api/problem";
import { say } from "../../language/say";
import { FormError } from "../../ui/field";
import { tintOf, tintStyle } from "../name-colour";

const COLOURS: Array<[hex: string, name: MessageDescriptor]> = [
  ["#ff8f6b", msg`Coral`],
  ["#ffb04d", msg`Amber`],
  ["#d9c34a", msg`Gold`],
  ["#9ccf5a", msg`Lime`],
  ["#4fcf8f", msg`Green`],
  ["#3fcfc4", msg`Teal`],
  ["#59bdf5", msg`Sky`],
  ["#8fb4ff", msg`Blue`],
  ["#b59cff", msg`Violet`],
  ["#e18cf0", msg`Orchid`],
  ["#ff8fc0", msg`Pink`],
  ["#b8bcc6", msg`Grey`],
];

export function OwnColour({ present }: { present: string | undefined }) {
  const [chosen, setChosen] = useState(present?.toLowerCase());
  const [saved, setSaved] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const choose = async (hex: string) => {
    const before = chosen;
    setChosen(hex);
    setError(null);
    try {
      await chooseColour(hex);
      setSaved(true);
    } catch (why) {
      setChosen(before);
      setError(why);
    }
  };
  return (
    <fieldset data-testid="own-colour">
      <legend className="pb-1.5 text-xs font-medium text-quiet">{t`The colour of your name`}</legend>
      <div className="flex flex-wrap gap-1.5">
        {COLOURS.map(([hex, name]) => (
          <button
            key={hex}
            type="button"
            aria-label={say(name)}
            aria-pressed={chosen === hex}
            title={say(name)}
            onClick={() => void choose(hex)}
            className={`name size-8 rounded-full border-2 p-1 ${chosen === hex ? "border-text" : "border-transparent"}`}
            style={tintStyle(tintOf("", hex))}
          >
            <span aria-hidden className="block size-full rounded-full bg-current" />
          </button>
        ))}
      </div>
      <p role="status" className="pt-1.5 text-xs text-quiet empty:pt-0">
        {saved ? t`Your next messages have it.` : ""}
      </p>
      <FormError>{error ? sentence(error) : null}</FormError>
    </fieldset>
  );
}
