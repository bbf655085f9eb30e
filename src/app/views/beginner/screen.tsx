/**
 * The one screen as a newcomer meets it: a sentence, a line to drag, a number that answers, something
 * to ask, what came of it, and a race. On a phone the request and its answer stand first.
 */
import { lazy, Suspense, useState } from "react";
import { dismissSteps, stepsDismissed } from "../../device/first-steps.ts";
import { Ask } from "../ask/ask.tsx";
import { later, Nothing, NotLoaded } from "../later.tsx";
import { Loading } from "../loading.tsx";
import { usePhone } from "../phone.ts";
import { Strip } from "../strip/strip.tsx";
import { Headline } from "./headline.tsx";
import { PlainFoot } from "./plain-foot.tsx";
import css from "./beginner.module.css";
import stepsCss from "./steps.module.css";

// Right behind the first paint, so that they are there when the edge is not.
const Steps = later(() => import("./steps.tsx"), Nothing);
const Came = later(() => import("./came.tsx"), NotLoaded);
const RunTrouble = lazy(async () => ({ default: (await import("../failure-banner.tsx")).RunTrouble }));

export function BeginnerScreen() {
  const phone = usePhone();
  const [steps, setSteps] = useState<"shown" | "left" | "none">(() => (stepsDismissed() ? "none" : "shown"));
  const dismiss = (): void => {
    dismissSteps();
    setSteps("left");
  };
  const ask = (
    <div className={css["ask"]} id="ask">
      <Ask />
    </div>
  );
  return (
    <>
      <div className={css["top"]} data-steps={steps !== "none"}>
        <Headline />
        {steps !== "none" && (
          <div className={stepsCss["room"]}>
            {steps === "shown" && (
              <Suspense fallback={null}>
                <Steps onDismiss={dismiss} />
              </Suspense>
            )}
          </div>
        )}
      </div>
      <Suspense fallback={null}>
        <RunTrouble />
      </Suspense>
      {phone && ask}
      <Strip foot={PlainFoot} />
      <Loading />
      <div className={css["main"]}>
        {!phone && ask}
        <Suspense fallback={<div className={css["came"]} />}>
          <Came />
        </Suspense>
      </div>
    </>
  );
}
