/** A new poll: a question, two to six answers, how long. What is too long is said beside it, and stays to be shortened. */
import { t } from "@lingui/core/macro";
import { Plus, X } from "lucide-react";
import { type FormEvent, useId, useRef, useState } from "react";
import { openPoll } from "../../api/chat";
import { told } from "../../api/told";
import { Button, IconButton } from "../../ui/button";
import { Field, FormError, inputLook } from "../../ui/field";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { longSpan } from "../spans";
import { LONGEST_ANSWER, LONGEST_QUESTION, tooLong } from "./poll-limits";

const MOST = 6;
const LENGTHS = [60, 120, 300, 600, 1_800];

export function PollForm({ room, done }: { room: string; done: () => void }) {
  const nextKey = useRef(2);
  const [question, setQuestion] = useState("");
  const [answers, setAnswers] = useState([
    { key: 0, text: "" },
    { key: 1, text: "" },
  ]);
  const [length, setLength] = useState(120);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const options = answers.map((a) => a.text.trim()).filter(Boolean);
  const { of, form } = told(error, ["question", "options"]);
  const [box, notTaken] = useFirstWrong();
  const id = useId();
  const longQuestion = tooLong(question, LONGEST_QUESTION);
  const longAnswer = answers.some((a) => tooLong(a.text, LONGEST_ANSWER));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (longQuestion || longAnswer) return notTaken();
    setBusy(true);
    try {
      await openPoll(room, { question: question.trim(), options, duration_s: length });
      done();
    } catch (why) {
      setError(why);
      setBusy(false);
      notTaken();
    }
  };
  return (
    <form ref={box} onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <Field
        label={t`Question`}
        hint={t`Up to ${LONGEST_QUESTION} characters`}
        value={question}
        error={longQuestion ?? of("question")}
        data-testid="poll-question"
        onChange={(e) => setQuestion(e.target.value)}
      />
      <fieldset className="flex flex-col gap-2">
        <legend className="pb-1.5 text-sm font-medium">{t`Answers`}</legend>
        {answers.map((answer, n) => {
          const wrong = tooLong(answer.text, LONGEST_ANSWER);
          return (
            <div key={answer.key} className="flex flex-col gap-1">
              <div className="flex gap-1">
                <input
                  aria-label={t`Answer ${n + 1}`}
                  data-testid={`poll-answer-${n + 1}`}
                  className={inputLook}
                  aria-invalid={wrong || (n === 0 && of("options")) ? true : undefined}
                  aria-describedby={wrong ? `${id}-${answer.key}` : id}
                  value={answer.text}
                  onChange={(e) =>
                    setAnswers(
                      answers.map((a) => (a.key === answer.key ? { ...a, text: e.target.value } : a)),
                    )
                  }
                />
                {answers.length > 2 && (
                  <IconButton
                    label={t`Remove answer ${n + 1}`}
                    className="size-10"
                    onClick={() => setAnswers(answers.filter((a) => a.key !== answer.key))}
                  >
                    <X aria-hidden className="size-4" />
                  </IconButton>
                )}
              </div>
              {wrong && (
                <p id={`${id}-${answer.key}`} className="text-xs text-bad">
                  {wrong}
                </p>
              )}
            </div>
          );
        })}
        <p id={id} className={`text-xs ${of("options") ? "text-bad" : "text-quiet"}`}>
          {of("options") ?? t`Each of up to ${LONGEST_ANSWER} characters`}
        </p>
        {/* How much too long changes at each key: that is read with the field, and aloud it is said once. */}
        <p role="alert" className="sr-only">
          {longAnswer && t`An answer has at most ${LONGEST_ANSWER} characters.`}
        </p>
        {answers.length < MOST && (
          <Button
            className="self-start"
            onClick={() => setAnswers([...answers, { key: nextKey.current++, text: "" }])}
          >
            <Plus aria-hidden className="size-4" />
            {t`One more`}
          </Button>
        )}
      </fieldset>
      <label className="flex flex-col gap-1.5 text-sm font-medium">
        {t`How long`}
        <select className={inputLook} value={length} onChange={(e) => setLength(Number(e.target.value))}>
          {LENGTHS.map((seconds) => (
            <option key={seconds} value={seconds}>
              {longSpan(seconds)}
            </option>
          ))}
        </select>
      </label>
      <FormError>{form}</FormError>
      <div className="flex justify-end">
        <Button
          type="submit"
          weight="primary"
          busy={busy}
          disabled={!question.trim() || options.length < 2}
          data-testid="poll-submit"
        >
          {t`Ask`}
        </Button>
      </div>
    </form>
  );
}
