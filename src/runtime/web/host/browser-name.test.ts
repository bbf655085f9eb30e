import { expect, test } from "vitest";
import { browserName } from "./browser-name.ts";

test("a browser is named as a person would name it", () => {
  const hints = {
    userAgent: "x",
    userAgentData: {
      platform: "Linux",
      brands: [
        { brand: "Not)A;Brand", version: "99" },
        { brand: "Chromium", version: "156" },
        { brand: "Google Chrome", version: "156" },
      ],
    },
  };
  expect(browserName(hints)).toBe("Google Chrome 156, Linux");
  expect(browserName({ userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0" })).toBe(
    "Firefox 130, X11",
  );
  expect(
    browserName({
      userAgent:
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    }),
  ).toBe("Safari 18, iPhone");
});
