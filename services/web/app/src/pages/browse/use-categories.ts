/** All categories, for whoever lists them or chooses one; what was told half a minute ago is good enough. */
import { useQuery } from "@tanstack/react-query";
import { categories } from "../../api/channels";

export const useCategories = () =>
  useQuery({ queryKey: ["categories"], queryFn: ({ signal }) => categories(signal), staleTime: 30_000 });
