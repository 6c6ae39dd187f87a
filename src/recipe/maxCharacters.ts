/** Most characters of a recipe: as much as a dropped file may have, see `formats/open`. Apart from what reads YAML, which the page loads later. */
export const maxCharacters = 256 * 1024;
