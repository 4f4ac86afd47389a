import { mount } from "svelte";
import "@fontsource-variable/inter/wght.css";
import "./ui/tokens.css";
import "./ui/base.css";
import { app } from "./state/app.svelte";
import App from "./views/App.svelte";

const target = document.getElementById("app");
if (target !== null) void app.begin().finally(() => mount(App, { target }));
