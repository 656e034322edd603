/** Bringing an archive back as a new project. */
export function BringBack() {
  return (
    <details className="bring-back">
      <summary>Bring an archive back</summary>
      <form method="post" action="/fn/import_archive" encType="multipart/form-data" className="field-row">
        <label htmlFor="archive">A zip that was taken away here or elsewhere</label>
        <input id="archive" name="archive" type="file" accept="application/zip,.zip" required />
        <button type="submit">Make a project of it</button>
      </form>
    </details>
  );
}
