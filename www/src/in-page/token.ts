/** The token of the service in this page. Only scripts of this page reach it, so it protects nothing. */
export const IN_PAGE_TOKEN = "in-this-page";
