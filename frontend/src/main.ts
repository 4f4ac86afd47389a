import { mount } from "svelte";
import "@fontsource-variable/inter/wght.css";
import "./ui/tokens.css";
import "./ui/base.css";
import { speak, systemLocale } from "./i18n/index.svelte";
import App from "./views/App.svelte";

const target = document.getElementById("app");
if (target !== null) void speak(systemLocale()).finally(() => mount(App, { target }));
