/** One's browsers for Web Push: this one to be added, all of them listed, a push to see that it works. */

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { afterwards } from "../../api/ask-again";
import { type PushBrowser, pushBrowsers, removeBrowser, type Tested, testBrowsers } from "../../api/notices";
import { Problem, sentence } from "../../api/problem";
import { say } from "../../language/say";
import { forgetBrowser, type Obstacle, obstacle, ownBrowser, subscribeBrowser } from "../../live/web-push";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { ago } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { ROW, Rows, Section } from "../moderation/section";
import { testWords } from "./test-words";

const KEY = ["own", "push-browsers"];

const OBSTACLES: Record<Obstacle, MessageDescriptor> = {
  insecure: msg`Browsers allow this only where the address begins with https://, or on localhost.`,
  unsupported: msg`This browser has no Web Push. On an iPhone or iPad it has, once the page is on the home screen.`,
  denied: msg`Notifications of this page are blocked in this browser. Allow them beside the address, then load the page again.`,
};

export function BrowsersSection() {
  const client = useQueryClient();
  const list = useQuery({ queryKey: KEY, queryFn: ({ signal }) => pushBrowsers(signal), staleTime: 0 });
  const [own, setOwn] = useState(ownBrowser);
  const [tested, setTested] = useState<Tested | null>(null);
  const after = () => {
    setOwn(ownBrowser());
    setTested(null);
    return client.invalidateQueries({ queryKey: KEY });
  };
  const add = useMutation({ mutationFn: subscribeBrowser, onSettled: afterwards(after) });
  const remove = useMutation({
    mutationFn: async (id: string) => {
      await removeBrowser(id);
      if (id === own) await forgetBrowser();
    },
    onSettled: afterwards(after),
  });
  const test = useMutation({
    mutationFn: testBrowsers,
    onMutate: () => setTested(null),
    onSuccess: async (done) => {
      await after();
      setTested(done);
    },
  });
  const key = list.data?.public_key;
  const items = list.data?.items ?? [];
  const why = obstacle();
  const subscribed = items.some((b) => b.id === own);
  const error = add.error ?? remove.error ?? test.error;
  return (
    <Section
      title={t`Your browsers`}
      testId="notice-browsers"
      about={
        list.data && !key
          ? t`This platform sends no notifications to browsers: its operator has set no key for them.`
          : why && !subscribed
            ? say(OBSTACLES[why])
            : t`Each browser is added in that browser. Signing out in one removes it.`
      }
      action={
        <div className="flex flex-wrap gap-2">
          {items.length > 0 && (
            <Button busy={test.isPending} data-testid="push-test" onClick={() => test.mutate()}>
              {t`Send me a test`}
            </Button>
          )}
          {key && !subscribed && (
            <Button
              weight="primary"
              busy={add.isPending}
              disabled={why !== null}
              data-testid="push-add"
              onClick={() => add.mutate(key)}
            >
              {t`Add this browser`}
            </Button>
          )}
        </div>
      }
    >
      <div className="flex flex-col gap-3 px-4 text-sm empty:hidden sm:px-5 [&:not(:empty)]:pb-4">
        {tested && (
          <p role="status" data-testid="push-tested">
            {testWords(tested)}
          </p>
        )}
        {error && <FormError>{error instanceof Problem ? sentence(error) : error.message}</FormError>}
      </div>
      <Rows query={list} empty={t`None yet.`}>
        {(browser) => (
          <Row
            key={browser.id}
            browser={browser}
            own={browser.id === own}
            busy={remove.isPending && remove.variables === browser.id}
            remove={() => remove.mutate(browser.id)}
          />
        )}
      </Rows>
    </Section>
  );
}

function Row({
  browser,
  own,
  busy,
  remove,
}: {
  browser: PushBrowser;
  own: boolean;
  busy: boolean;
  remove: () => void;
}) {
  const now = useNow(30_000);
  const [added, told] = [ago(browser.made_at, now), browser.told_at && ago(browser.told_at, now)];
  return (
    <li className={ROW} data-testid="push-browser">
      <span className="min-w-0 flex-1 basis-44 wrap-anywhere">
        <span className="font-semibold">{browser.name || t`A browser`}</span>
        {own && <span className="text-quiet"> {t`(this one)`}</span>}
        <span className="block text-xs text-quiet">
          {told ? t`Added ${added}, last told ${told}` : t`Added ${added}, not told yet`}
        </span>
      </span>
      <Button busy={busy} data-testid="push-remove" onClick={remove}>
        {t`Remove`}
      </Button>
    </li>
  );
}
