// Top-level names that addresses commonly end in, and file name endings that they never end in.

/** Enough to tell a sentence that follows a domain without a space (`a@b.com.Please`); any other name of letters is taken too. */
export const commonTopLevels: ReadonlySet<string> = new Set(
  (
    'com org net edu gov mil int info biz name pro io co ai app dev me tv cc xyz online site store tech cloud email live news shop blog ' +
    'us uk ca au nz ie de fr it es pt nl be ch at dk se no fi is pl cz sk hu ro bg gr hr si rs ua ru by lt lv ee tr il ae sa eg za ng ke gh ' +
    'in pk bd lk cn hk tw jp kr sg my th vn id ph br mx ar cl pe ve uy eu'
  ).split(' '),
);

export const fileEndings: ReadonlySet<string> = new Set(
  'png jpg jpeg gif svg webp bmp ico css js jsx tsx mjs json html xml yml yaml csv txt pdf doc docx xls xlsx exe dll'.split(' '),
);
