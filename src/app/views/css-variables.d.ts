/** Custom properties in `style`: the values that a stylesheet takes from a view. */
import "react";

declare module "react" {
  interface CSSProperties {
    [name: `--${string}`]: string | number;
  }
}
